"""The scenario of the agents, on a few symbols."""

from pathlib import Path

from loadtests.report import budgets
from tests.loadtests.scenarios import outcome, prices, values


def test_it_measures_all_that_is_promised(tmp_path: Path) -> None:
    """And the newest bar of all symbols is less work than all of their bars."""
    report, _ = outcome("agents", tmp_path, "--rounds", "1", "--data", str(prices(tmp_path, symbols=3)))
    found = values(report)
    assert set(budgets("agents")) <= set(found)
    assert all(value > 0 for value in found.values())
    assert "3 symbols, 504 days" in report["data"][0]


def test_made_up_prices_take_the_place_of_missing_ones(tmp_path: Path) -> None:
    """The report says so."""
    report, printed = outcome("agents", tmp_path, "--rounds", "1", "--data", str(tmp_path / "none.csv"))
    assert "made-up prices take its place" in printed
    assert report["data"][0] == "made up, 500 symbols of 1,259 days"
