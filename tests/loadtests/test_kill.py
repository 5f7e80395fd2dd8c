"""The kill scenario, a few seconds of it, and its judgement of what was heard."""

from pathlib import Path
from typing import Any

import pytest

from loadtests.judging import Events, count_of, newest_prices, order_of, wrongly_skipped
from loadtests.listening import Heard, Listener
from loadtests.report import budgets
from loadtests.stream_clients import WEBSOCKET
from resolvers.model.event import EventKind
from tests.loadtests.scenarios import outcome, values


@pytest.mark.parametrize(("part", "prefix"), [("gateways", ""), ("redis", "redis_")])
def test_nothing_is_lost_or_repeated_when_a_gateway_is_killed(part: str, prefix: str, tmp_path: Path) -> None:
    """And Redis loses everything, in the other part."""
    load = ("--clients", "40", "--signals", "400", "--kills", "1", "--restarts", "1")
    report, printed = outcome("kill", tmp_path, "--parts", part, *load)
    found = values(report)
    promised = [key for key in budgets("kill") if key.startswith("redis_") == bool(prefix)]
    assert len(promised) == 9
    assert {key: found[key] for key in promised} == dict.fromkeys(promised, 0), printed
    assert found[f"{prefix}kills"] == 1
    assert found[f"{prefix}resumes"] > 10
    assert found[f"{prefix}skipped"] > 0
    assert found[f"{prefix}signals"] == sum([500 * 18, 250 * 6]), "six in ten want every signal, a quarter of them half"


def _listener(kind: EventKind, *heard: Heard, wanted: str = "AB") -> Listener:
    one = Listener(kind=kind, transport=WEBSOCKET, query="", variables={}, wanted=frozenset(wanted), origin="", at=0)
    one.heard += heard
    return one


def _heard(number: int, *items: Any, skipped: int = 0, is_reset: bool = False) -> Heard:
    return Heard(
        number=number, items=list(items), skipped=skipped, is_reset=is_reset, is_resumed=False, status=None, moment=0.0
    )


def _signals(*numbers: int) -> list[dict[str, str]]:
    return [{"rationale": str(number)} for number in numbers]


@pytest.mark.parametrize(
    ("heard", "wrong"),
    [
        (((), (0, 1), (2, 3)), (0, 0, 0)),
        (((), (0, 1), (3,)), (1, 0, 0)),
        (((), (0, 1), (1, 2, 3)), (0, 1, 0)),
        (((), (1, 0), (2, 3)), (0, 0, 1)),
        (((), (0, 1, 2, 3, 4)), (0, 1, 0)),
    ],
)
def test_what_is_wrong_with_the_order_is_counted(heard: Any, wrong: tuple[int, int, int]) -> None:
    """What was lost, what came twice or was not wanted, and what came too early."""
    messages = [_heard(at, *_signals(*numbers)) for at, numbers in enumerate(heard)]
    found = order_of(_listener(EventKind.SIGNALS, *messages), range(4))
    assert (found.lost, found.repeated, found.disordered) == wrong


def test_a_state_in_the_place_of_what_was_missed_has_everything() -> None:
    """In any order; what it has not is lost."""
    first, reset = _heard(1, *_signals(0)), _heard(4, *_signals(3, 1, 0), is_reset=True)
    one = _listener(EventKind.SIGNALS, first, reset, _heard(5, *_signals(4)))
    found = order_of(one, range(5))
    assert (found.lost, found.repeated, found.disordered) == (1, 0, 0)
    assert count_of(one) == 4


def test_every_event_is_an_item_or_skipped() -> None:
    """Of those that are wanted, since the message before; a state begins anew."""
    events = Events({4: ["A"], 5: ["A", "B", "C"], 6: ["B"], 7: ["C"], 9: ["A"]})
    state, first = _heard(3, "a", "b"), _heard(5, "a", "b", skipped=1)
    right = [state, first, _heard(6, "b"), _heard(8, is_reset=True), _heard(9, "a")]
    assert list(wrongly_skipped(_listener(EventKind.QUOTES, *right), events, is_list=True)) == []
    for wrong in (_heard(5, "a", "b"), _heard(5, "a", "b", skipped=2), _heard(6, "b", skipped=2)):
        assert len(list(wrongly_skipped(_listener(EventKind.QUOTES, state, wrong), events, is_list=True))) == 1


def test_an_object_that_has_not_changed_is_no_event() -> None:
    """A field that is one object repeats it for who comes back."""
    events = Events({4: ["A"], 5: ["A"]})
    right = [_heard(3, "a"), _heard(5, "a", skipped=1), _heard(5, "a"), _heard(8, "a")]
    assert list(wrongly_skipped(_listener(EventKind.CANDLES, *right, wanted="A"), events, is_list=False)) == []
    wrong = [_heard(3, "a"), _heard(5, "a"), _heard(8, "a", skipped=1)]
    assert len(list(wrongly_skipped(_listener(EventKind.CANDLES, *wrong, wanted="A"), events, is_list=False))) == 2


def test_the_newest_prices_are_those_that_were_heard_last() -> None:
    """Of quotes and of bars."""
    quotes = [{"price": price, "instrument": {"symbol": symbol}} for symbol, price in (("A", 1.0), ("B", 2.0))]
    again = {"price": 3.0, "instrument": {"symbol": "A"}}
    one = _listener(EventKind.QUOTES, _heard(1, *quotes), _heard(2, again))
    assert newest_prices(one) == {"A": 3.0, "B": 2.0}
    bar = {"instrument": {"symbol": "A"}, "bar": {"price": 4.0}}
    assert newest_prices(_listener(EventKind.CANDLES, _heard(1, bar))) == {"A": 4.0}
