"""The scenario of connects and disconnects, some hundreds of them."""

from pathlib import Path
from typing import Any

from loadtests.report import budgets
from tests.loadtests.scenarios import outcome, values


def _details(report: dict[str, Any], key: str) -> dict[str, float]:
    (details,) = [one["details"] for one in report["figures"] if one["key"] == key]
    found: dict[str, float] = details
    return found


def test_whoever_comes_and_goes_leaves_nothing_behind(tmp_path: Path) -> None:
    """Over all transports; a reservation that nobody opens would be kept for half a minute, and is left out."""
    load = ("--visits", "500", "--warm-up", "100", "--signals", "100", "--without", "forgotten")
    report, printed = outcome("churn", tmp_path, *load)
    found = values(report)
    promised = set(budgets("churn")) - {"memory_mb"}
    assert {key: found[key] for key in promised} == dict.fromkeys(promised, 0), printed
    assert found["visits"] == 500
    assert len(_details(report, "visits")) == 7
    # Those of the clients that stay are seen, so others would be.
    assert {"AllGroup", "Begun", "ResponseStream", "Subscriber", "WebSocketConnection"} <= set(
        _details(report, "objects")
    )
