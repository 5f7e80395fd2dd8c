"""The scenario of the engine, on a few symbols."""

from pathlib import Path

from loadtests.report import budgets
from tests.loadtests.scenarios import outcome, prices, values

_OF_KILLS = {"killed_signals"}


def test_it_measures_all_that_is_promised(tmp_path: Path) -> None:
    """All signals of all days, those of new ones, and the loop of a gateway meanwhile."""
    path = prices(tmp_path, symbols=3)
    report, printed = outcome("engine", tmp_path, "--days", "2", "--seconds", "2", "--data", str(path))
    found = values(report)
    assert set(budgets("engine")) - _OF_KILLS == set(found)
    assert all(value > 0 for value in found.values())
    assert report["is_short"]
    details = {one["key"]: one["details"] for one in report["figures"]}
    assert details["stored_seconds"]["signals"] == 504
    assert (details["newest_seconds"]["symbols"], details["newest_seconds"]["days"]) == (3, 2)
    assert printed.count("signals of") >= 1


def test_kills_change_no_signal(tmp_path: Path) -> None:
    """Five of them, with or without work."""
    report, _ = outcome("engine", tmp_path, "--kill", "--data", str(prices(tmp_path, symbols=3)))
    [figure] = report["figures"]
    assert (figure["key"], figure["value"], figure["details"]["kills"]) == ("killed_signals", 0, 5)
    assert figure["details"]["signals"] == 504
