"""The scenario of signals and opportunities, a short run of it, and its judgement of answers."""

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from loadtests.hot_signals import Body, opportunity_bodies, shots, signal_bodies
from loadtests.moving import MovingSignals
from loadtests.report import budgets
from loadtests.stored_market import DaySeries
from tests.loadtests.scenarios import outcome, prices, values

_SYMBOLS = ["AAA", "BBB", "CCC"]
_DAYS = [DaySeries(symbol=one, time=86_400 * np.arange(5), close=np.arange(1.0, 6.0)) for one in _SYMBOLS]


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Every answer is right and none is old, although signals move, and every budget has its figure."""
    report, printed = outcome(
        "hot_signals",
        tmp_path,
        *("--data", str(prices(tmp_path, symbols=3)), "--bodies", "9", "--seconds", "0.5", "--moved", "1"),
    )
    found = values(report)
    assert set(budgets("hot_signals")) <= set(found)
    assert found["errors"] == 0, printed
    assert report["is_short"]


def test_no_two_bodies_are_equal() -> None:
    """Also where there are fewer symbols than bodies."""
    for bodies in (signal_bodies(_SYMBOLS, 50), opportunity_bodies(_SYMBOLS, 50)):
        assert len({one.text for one in bodies}) == len(bodies) == 50
        assert {symbol for one in bodies for symbol in one.symbols} == set(_SYMBOLS)


def _said(moving: MovingSignals, body: Body, items: list[dict[str, Any]]) -> str | None:
    (shot,) = islice(shots([body], moving), 1)
    data = {"opportunities": items} if body.is_ranked else {"signals": {"nodes": items}}
    return shot.fault(200, orjson.dumps({"data": data}))


def test_an_older_answer_than_was_acknowledged_is_wrong() -> None:
    """And so is one of another symbol, one with another number of items, and an error."""
    moving = MovingSignals(1, _DAYS)
    moving.acknowledged["AAA"], moving.given["AAA"] = 3, 4
    body = signal_bodies(_SYMBOLS, 1)[0]

    def item(number: int, symbol: str = "AAA") -> dict[str, Any]:
        return {"rationale": f"{number}", "instrument": {"symbol": symbol}}

    assert _said(moving, body, [item(3)]) is None
    assert _said(moving, body, [item(2)]) == "AAA 2 was answered after 3, of 4"
    assert _said(moving, body, [item(5)]) == "AAA 5 was answered after 3, of 4"
    assert _said(moving, body, [item(3, "BBB")]) == "BBB was not asked for"
    assert _said(moving, body, []) == "0 items"
    (shot,) = islice(shots([body], moving), 1)
    assert shot.fault(200, b'{"errors": [{"message": "no"}]}') == "status 200: [{'message': 'no'}]"


def test_a_list_out_of_order_is_wrong() -> None:
    """By rank, and by score with it; each of its signals is held against what was acknowledged."""
    moving = MovingSignals(1, _DAYS)
    moving.acknowledged["BBB"] = moving.given["BBB"] = 1
    body = opportunity_bodies(_SYMBOLS, 1)[0]

    def listed(*places: tuple[int, float], number: int = 1) -> list[dict[str, Any]]:
        return [
            {
                "rank": rank,
                "score": score,
                "instrument": {"symbol": symbol},
                "signal": {"rationale": f"{number if symbol == 'BBB' else 0}"},
            }
            for (rank, score), symbol in zip(places, _SYMBOLS, strict=True)
        ]

    assert _said(moving, body, listed((1, 0.9), (4, 0.5), (7, 0.5))) is None
    assert _said(moving, body, listed((1, 0.9), (7, 0.5), (4, 0.5))) == "not in order: [(1, 0.9), (7, 0.5), (4, 0.5)]"
    assert _said(moving, body, listed((1, 0.9), (4, 0.5), (7, 0.6))) == "not in order: [(1, 0.9), (4, 0.5), (7, 0.6)]"
    assert _said(moving, body, listed((1, 0.9), (4, 0.5), (7, 0.5), number=0)) == "BBB 0 was answered after 1, of 1"
