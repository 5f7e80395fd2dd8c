"""The hot scenario, a short run of it, and its judgement of answers."""

import gzip
from itertools import islice
from pathlib import Path

import numpy as np
import orjson

from loadtests.hot_bodies import Body, Judge, large_bodies, small_bodies
from loadtests.moving import Moving
from loadtests.report import budgets
from loadtests.stored_market import DaySeries
from tests.loadtests.scenarios import outcome, prices, values

_DAYS = [
    DaySeries(symbol=symbol, time=86_400 * np.arange(5), close=np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    for symbol in ("AAA", "BBB")
]


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Every answer is right and none is old, although things move, and every budget has its figure."""
    report, printed = outcome(
        "hot",
        tmp_path,
        *("--data", str(prices(tmp_path, symbols=3)), "--bodies", "9"),
        *("--seconds", "0.3", "--rounds", "1", "--moved", "1"),
    )
    found = values(report)
    assert set(budgets("hot")) <= set(found)
    assert found["errors"] == 0, printed
    assert report["is_short"]


def test_no_two_bodies_are_equal() -> None:
    """Also where there are fewer symbols than bodies."""
    for bodies in (small_bodies(_DAYS, 50), large_bodies(_DAYS, 50)):
        assert len({one.text for one in bodies}) == len(bodies) == 50
        assert {one.days.symbol for one in bodies} == {"AAA", "BBB"}


def _said(moving: Moving, body: Body, answer: bytes, *, is_compressed: bool = False) -> str | None:
    (shot,) = islice(Judge(moving=moving).shots([body], "any", is_compressed=is_compressed), 1)
    return shot.fault(200, answer)


def test_an_older_answer_than_was_acknowledged_is_wrong() -> None:
    """And so is one from the future, one of another symbol, and an error."""
    moving = Moving(1, _DAYS, with_bars=False)
    moving.acknowledged["AAA"], moving.given["AAA"] = 3, 4
    body = small_bodies(_DAYS, 1)[0]

    def quote(price: float, symbol: str = "AAA") -> bytes:
        return orjson.dumps({"data": {"quotes": [{"price": price, "instrument": {"symbol": symbol}}]}})

    assert _said(moving, body, quote(1003)) is None
    assert _said(moving, body, quote(1004)) is None
    assert _said(moving, body, quote(1002)) == "AAA 2 was answered after 3, of 4"
    assert _said(moving, body, quote(1005)) == "AAA 5 was answered after 3, of 4"
    assert _said(moving, body, quote(1003, "BBB")) == "AAA expected, BBB found"
    assert _said(moving, body, b'{"errors": [{"message": "no"}]}') == "no"


def test_what_was_right_once_is_old_later() -> None:
    """An answer that is known is held against what was acknowledged since."""
    moving = Moving(1, _DAYS, with_bars=False)
    moving.given["AAA"] = 2
    shots = Judge(moving=moving).shots(small_bodies(_DAYS, 1), "any", is_compressed=False)
    answer = orjson.dumps({"data": {"quotes": [{"price": 1001, "instrument": {"symbol": "AAA"}}]}})
    assert next(shots).fault(200, answer) is None
    under_way = next(shots)
    moving.acknowledged["AAA"] = 2
    assert under_way.fault(200, answer) is None
    assert next(shots).fault(200, answer) == "AAA 1 was answered after 2, of 2"


def test_all_bars_but_the_newest_are_those_that_were_stored() -> None:
    """Compressed or not."""
    moving = Moving(1, _DAYS, with_bars=True)
    moving.given["AAA"] = 1
    body = Body(days=_DAYS[0], text=b"", last=3)

    def bars(*closes: float) -> bytes:
        return gzip.compress(orjson.dumps({"data": {"candles": {"bars": [{"close": one} for one in closes]}}}))

    assert _said(moving, body, bars(3, 4, 1001), is_compressed=True) is None
    assert _said(moving, body, bars(3, 9, 1001), is_compressed=True) == "other closes of AAA than were stored"
    assert _said(moving, body, bars(4, 1001), is_compressed=True) == "other closes of AAA than were stored"
