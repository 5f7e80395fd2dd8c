"""The cache scenario, a short run of it, and what it takes for a share."""

from pathlib import Path

from loadtests.arrivals import Run
from loadtests.passes import Pass
from loadtests.report import budgets
from tests.loadtests.scenarios import outcome, prices, values


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Each pass is answered by its tier, and windows are read again when their lives have ended."""
    report, printed = outcome(
        "cache",
        tmp_path,
        *("--data", str(prices(tmp_path, symbols=3))),
        *("--keys", "20", "--life", "1", "--rate", "100", "--seconds", "2.5"),
    )
    found = values(report)
    assert set(budgets("cache")) <= set(found)
    assert found["errors"] == 0, printed
    assert (found["cold_postgresql"], found["hot_memory"]) == (1, 1)
    assert found["reads_per_second"] > 0
    assert report["is_short"]


def test_shares_are_of_what_was_asked_for() -> None:
    """A window is held whole, or its body is; waiting for another request's load is as good as memory."""
    counts = {
        ("window", "memory_hits"): 3,
        ("window", "memory_misses"): 5,
        ("body", "memory_waits"): 1,
        ("body", "redis_hits"): 2,
        ("body", "loads"): 1,
        ("quote", "redis_waits"): 1,
        ("instrument", "loads"): 9,
    }
    shares = Pass(key="any", what="any", run=Run(), counts=counts).shares()
    assert shares == {"memory": 0.5, "redis": 0.375, "postgresql": 0.125}
