"""The chart scenario from end to end, and its judgement of answers."""

from itertools import islice
from pathlib import Path

import numpy as np
import orjson

from loadtests.charts import KINDS, shots
from loadtests.report import budgets
from loadtests.stored_market import DaySeries
from tests.loadtests.scenarios import outcome, prices, values

_DAYS = [
    DaySeries(symbol=symbol, time=86_400 * np.arange(400), close=np.linspace(0.5, 399.5, 400))
    for symbol in ("AAA", "BBB")
]


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Every answer is right, and every budget has its figure."""
    report, printed = outcome(
        "charts",
        tmp_path,
        *("--data", str(prices(tmp_path, symbols=3)), "--rates", "20", "--seconds", "0.5", "--warm-up", "0.1"),
    )
    found = values(report)
    assert set(budgets("charts")) <= set(found)
    assert found["errors"] == 0
    assert found["closed_rate"] > 0
    assert report["is_short"]
    assert "3 symbols with a median of 168 days" in printed


def test_symbols_windows_and_periods_change() -> None:
    """No two requests of a short run are the same, and all symbols have their turn."""
    some = list(islice(shots(_DAYS, seed=1), 50))
    assert len({shot.request for shot in some}) == 50
    assert all(any(symbol in shot.request for shot in some) for symbol in (b"AAA", b"BBB"))
    assert {shot.kind for shot in some} == {kind.name for kind in KINDS}


def test_an_answer_with_another_close_is_wrong() -> None:
    """One bar too few, a wrong price, an error and a bad status are all told apart."""
    shot = next(one for one in shots(_DAYS, seed=1) if one.kind == KINDS[0].name)
    variables = orjson.loads(shot.request.partition(b"\r\n\r\n")[2])["variables"]

    def said(count: int, close: float) -> str | None:
        series = {"count": count, "columns": {"close": [close]}}
        return shot.fault(200, orjson.dumps({"data": {"candles": series}}))

    count = variables["last"]
    end = 400 if variables["to"] is None else int(np.datetime64(variables["to"][:-1]).astype(int)) // 86_400
    assert said(count, end - 0.5) is None
    assert said(count, end + 0.5) == f"last close {end - 0.5} expected, {end + 0.5} found"
    assert said(count - 1, end - 0.5) == f"{count} bars expected, {count - 1} found"
    assert shot.fault(200, b'{"data": null, "errors": [{"message": "no"}]}') == "no"
    assert shot.fault(503, b"") == "status 503"
