"""The coherence scenario, a few seconds of it, and its judgement of answers."""

import random
from pathlib import Path
from typing import Any

from loadtests.histories import QUESTIONS, BarsHistory, QuoteHistory
from loadtests.observations import Observation, behind, faults
from loadtests.report import budgets
from tests.loadtests.scenarios import outcome, values


def test_no_answer_is_older_than_it_may_be(tmp_path: Path) -> None:
    """With every tier taking part, and also where a process hears nothing for a while."""
    report, printed = outcome("coherence", tmp_path, "--seconds", "4", "--hold", "0.5")
    found = values(report)
    assert set(budgets("coherence")) <= set(found)
    assert (found["old_answers"], found["errors"]) == (0, 0), printed
    assert all(found[name] for name in ("held_with_position", "responses", "memory", "redis", "loads", "versions"))


def _quote(*positions: int) -> QuoteHistory:
    """A quote with a version at each of these positions, and one that is not acknowledged."""
    history = QuoteHistory(symbol="A", kind="quotes")
    for number, position in enumerate(positions):
        history.next(random.Random(1))
        history.acknowledged(number, 0, {"quotes": position})
    history.next(random.Random(1))
    return history


def _seen(history: BarsHistory | QuoteHistory, answer: Any, **more: Any) -> Observation:
    facts: dict[str, Any] = {
        "history": history,
        "question": QUESTIONS[history.kind][0],
        "answer": answer,
        "process": 0,
        "heard": {"quotes": 0},
        "own": -1,
        "after": None,
        "given": len(history.versions) - 1,
        "newest": -1,
        "is_held": False,
    }
    return Observation(**(facts | more))


def test_an_answer_from_before_what_was_heard_is_a_fault() -> None:
    """So is one from before what the process acknowledged, and from before the client's position."""
    history = _quote(10, 20, 30)
    assert list(faults([_seen(history, 1000)])) == []
    assert list(faults([_seen(history, 1001, heard={"quotes": 29, "candles": 99})])) == []
    for known in ({"heard": {"quotes": 30}}, {"own": 2}, {"after": {"quotes": 35}}):
        assert len(list(faults([_seen(history, 1001, **known)]))) == 1
        assert list(faults([_seen(history, 1002, **known), _seen(history, 1003, **known)])) == []
    # What is about something else says nothing of quotes.
    assert list(faults([_seen(history, 1000, after={"candles": 99})])) == []


def test_an_answer_that_never_was_is_a_fault() -> None:
    """From the future, or of parts that did not stand together."""
    history = _quote(10)
    assert len(list(faults([_seen(history, 1001, given=0)]))) == 1
    bars, chance = BarsHistory(symbol="B", kind="candles"), random.Random(1)
    bars.first()
    for _ in range(30):
        bars.next(chance)
    now = bars.versions[-1].state[-5:]
    assert list(faults([_seen(bars, now)])) == []
    torn = (*now[:-1], (now[-1][0], 1000.0))
    assert len(list(faults([_seen(bars, torn)]))) == 1


def test_answers_that_are_behind_are_counted() -> None:
    """They are no fault of a process that has not heard yet."""
    history = _quote(10, 20)
    assert behind([_seen(history, 1000, newest=1), _seen(history, 1001, newest=1)]) == 1
