"""The start scenario, one round of it."""

from pathlib import Path

from loadtests.report import budgets
from tests.loadtests.scenarios import outcome, values


def test_one_round_measures_all_that_is_promised(tmp_path: Path) -> None:
    """A later start has less to do than the first one."""
    report, _ = outcome("start", tmp_path, "--rounds", "1")
    found = values(report)
    assert set(budgets("start")) == set(found)
    assert found["later_seconds"] < found["first_seconds"]
