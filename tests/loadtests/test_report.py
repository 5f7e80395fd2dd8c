"""Figures against budgets."""

import argparse
import json
from pathlib import Path

import pytest

from loadtests.report import Budget, Figure, Report, finished


def _report(import_seconds: float) -> Report:
    return Report(
        scenario="storage",
        data=["a test"],
        figures=[
            Figure(key="import_seconds", what="importing", value=import_seconds, unit="s", details={"runs": 1}),
            Figure(key="unpromised", what="something else", value=1234.5, unit="ms"),
        ],
        servers={"postgresql": "18.0"},
    )


def test_a_budget_holds_up_to_its_bounds() -> None:
    """Both bounds are inclusive."""
    budget = Budget(at_least=2, at_most=3)
    assert [budget.holds(value) for value in (1.9, 2, 3, 3.1)] == [False, True, True, False]
    assert str(budget) == "at most 3, at least 2"


def test_the_table_says_pass_and_fail() -> None:
    """A figure that nothing is promised about says neither."""
    assert "| importing | 7 | s | runs 1 | at most 15 | pass |" in _report(7).markdown()
    assert "| importing | 15.50 | s | runs 1 | at most 15 | **fail** |" in _report(15.5).markdown()
    assert "| something else | 1,234 | ms |  |  |  |" in _report(7).markdown()


@pytest.mark.parametrize(
    ("seconds", "strict", "status"), [(7, False, 0), (7, True, 0), (15.5, False, 0), (15.5, True, 1)]
)
def test_only_a_strict_run_fails(seconds: float, strict: bool, status: int, tmp_path: Path) -> None:
    """And every run leaves a file that says what it holds for."""
    assert finished(_report(seconds), argparse.Namespace(strict=strict, results=tmp_path, commit="abc")) == status
    (path,) = tmp_path.iterdir()
    kept = json.loads(path.read_bytes())
    assert {"commit", "command", "date", "machine", "servers", "data", "figures"} <= set(kept)
    assert kept["figures"][0]["holds"] is (seconds < 15)
