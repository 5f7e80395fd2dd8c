"""The storage scenario from end to end, and the order in which it writes."""

from pathlib import Path

from loadtests.report import budgets
from loadtests.time_order import Extent, Market
from resolvers.model.instrument import Instrument, InstrumentSpec
from resolvers.model.interval import Interval
from tests.loadtests.scenarios import outcome, prices, values


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Every budget has its figure, and rows are counted right."""
    report, _ = outcome(
        "storage",
        tmp_path,
        *("--data", str(prices(tmp_path, symbols=3))),
        *("--days", "20", "--symbols", "6", "--hourly", "2", "--repeats", "2"),
    )
    found = values(report)
    assert set(budgets("storage")) <= set(found)
    assert (found["import_stored"], found["import_rejected"]) == (3 * 168, 1)
    assert report["is_short"]


def test_each_write_holds_one_day_of_all_symbols() -> None:
    """The hours of some, one bar of each other, and nothing of another day."""
    instruments = [Instrument(id=number, spec=InstrumentSpec(symbol=f"S{number}")) for number in range(5)]
    market = Market(Extent(days=3, symbols=5, hourly=2), instruments)
    for number in range(3):
        writes = market.day(number)
        assert [write.instrument for write in writes] == instruments
        assert [(write.interval, len(write.bars)) for write in writes] == [(Interval.H1, 24)] * 2 + [
            (Interval.D1, 1)
        ] * 3
        assert {
            int(time - market.day(0)[0].bars.time[0]) // 86_400 for write in writes for time in write.bars.time
        } == {number}
