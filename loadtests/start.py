"""
How long ``gateway demo`` takes until it answers, the first time and afterwards: ``python -m loadtests.start``.

The first start makes a cluster and the simulated market, all later ones find both. Each round has a directory of its
own. Where other work shares the machine the minimum says most, so the budgets are held against it.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from loadtests.gateway_process import running_gateway
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished


def main() -> int:
    """Measures and reports."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="first starts, each with a later one (default: 3)")
    add_report_options(parser)
    chosen = parser.parse_args()
    first, later = [], []
    for _ in range(chosen.rounds):
        with tempfile.TemporaryDirectory(prefix="loadtest-") as folder:
            first.append(_seconds(Path(folder) / "data"))
            later.append(_seconds(Path(folder) / "data"))
    report = Report(
        scenario="start",
        data=["`gateway demo` with embedded servers, from the command to the line that says it is ready"],
        figures=[
            _figure("first_seconds", "first start, with making the simulated market, minimum", first),
            _figure("later_seconds", "later start, minimum", later),
        ],
        servers={},
        is_short=chosen.rounds < 3,
    )
    return finished(report, chosen)


def _seconds(data: Path) -> float:
    begun = time.perf_counter()
    with running_gateway(data, command=("demo",)):
        return time.perf_counter() - begun


def _figure(key: str, what: str, seconds: list[float]) -> Figure:
    details = {"median": percentile(seconds, 50), "max": max(seconds), "rounds": len(seconds)}
    return Figure(key=key, what=what, value=min(seconds), unit="s", details=details)


if __name__ == "__main__":
    sys.exit(main())
