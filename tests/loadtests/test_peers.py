"""The peers scenario, a short run of it, and its judgement of answers."""

from pathlib import Path

import orjson
import pytest

from loadtests.peer_series import HeldSeries, read_series, write_series
from loadtests.peers import TASKS, Expected
from loadtests.report import budgets
from tests.loadtests.scenarios import outcome, values


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[HeldSeries]:
    """Two of them."""
    path = tmp_path_factory.mktemp("peers") / "series.npz"
    write_series(path, count=2)
    return read_series(path)


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Every answer of every peer is right, and every budget has its figure."""
    report, printed = outcome("peers", tmp_path, "--series", "3", "--seconds", "0.2", "--rounds", "1")
    found = values(report)
    assert set(budgets("peers")) <= set(found)
    assert found["errors"] == 0, printed
    assert found["columns_timestamp_bytes_of_rows"] < found["columns_time_bytes_of_rows"] < 1
    assert report["is_short"]


def test_so_many_series_are_there(tmp_path: Path) -> None:
    """Enough to rotate over, and no more than there are."""
    write_series(tmp_path / "series.npz", count=60)
    found = read_series(tmp_path / "series.npz")
    assert len({one.symbol for one in found}) == len({one.bars.close.tobytes() for one in found}) == 60
    with pytest.raises(ValueError, match="1000 bars, 100000 were asked for"):
        write_series(tmp_path / "series.npz", count=100_000)


def test_an_answer_with_another_value_is_wrong(series: list[HeldSeries]) -> None:
    """Another price, another time, an error, a bad status, no compression; and an answer that changes."""
    task = next(one for one in TASKS if one.key == "columns_timestamp")
    bars = series[0].bars
    names = ("open", "high", "low", "close", "volume")
    right = {"timestamp": bars.time.tolist()} | {name: getattr(bars, name).tolist() for name in names}
    expected = Expected()

    def said(**other: object) -> str | None:
        body = orjson.dumps({"data": {"candles": {"columns": right | other}}})
        return expected.fault(task, "gateway", series[0], 200, body)

    assert said(close=right["open"]) == "other values of close than were stored"
    assert said(timestamp=[0]) == "other times than were stored"
    assert said() is None
    assert said(more=1) == "another answer than before"
    assert expected.fault(task, "gateway", series[0], 503, b"") == "status 503"
    assert expected.fault(task, "stock", series[0], 200, b'{"errors": [{"message": "no"}]}') == "no"
    compressed = next(one for one in TASKS if one.is_compressed)
    assert expected.fault(compressed, "gateway", series[0], 200, b"{}") == "not compressed"
