"""What a scenario found: figures held against their budgets, as a Markdown table and as a JSON file."""

import argparse
import os
import platform
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "loadtests" / "results"
BUDGETS = REPOSITORY / "loadtests" / "budgets.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What is promised of a figure, in the figure's unit; a bound that is None does not bind."""

    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value: float) -> bool:
        """Whether *value* keeps the promise."""
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def __str__(self) -> str:
        """The promise in words."""
        bounds = (("at most", self.at_most), ("at least", self.at_least))
        return ", ".join(f"{words} {bound:,g}" for words, bound in bounds if bound is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """
    One measured number.

    Attributes:
        key: Its name in `budgets.toml`, in the table of the scenario.
        value: What the budget is held against.
        details: Further numbers, such as the minimum or a ratio.
    """

    key: str
    what: str
    value: float
    unit: str
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """
    One run of a scenario.

    Attributes:
        data: What was measured on, in words.
        servers: Versions of the servers, by name.
        is_short: Whether the run was too small for its figures to mean anything.
    """

    scenario: str
    data: Sequence[str]
    figures: Sequence[Figure]
    servers: Mapping[str, str]
    is_short: bool = False

    def failed(self) -> list[Figure]:
        """The figures that miss their budget."""
        promises = budgets(self.scenario)
        return [one for one in self.figures if one.key in promises and not promises[one.key].holds(one.value)]

    def markdown(self) -> str:
        """The figures as a table, below what they were measured on."""
        promises = budgets(self.scenario)
        rows = ["| figure | value | unit | details | promise | |", "| --- | ---: | --- | --- | --- | --- |"]
        for one in self.figures:
            promise = promises.get(one.key)
            verdict = "" if promise is None else "pass" if promise.holds(one.value) else "**fail**"
            details = " · ".join(f"{name} {_number(number)}" for name, number in one.details.items())
            rows.append(f"| {one.what} | {_number(one.value)} | {one.unit} | {details} | {promise or ''} | {verdict} |")
        data = [*self.data, "too short a run for its figures to mean anything"] if self.is_short else self.data
        return "\n".join([*(f"- {line}" for line in data), "", *rows])

    def as_json(self, commit: str) -> dict[str, Any]:
        """All of it, with the commit, the command and the machine that it holds for."""
        promises = budgets(self.scenario)
        return {
            "scenario": self.scenario,
            "is_short": self.is_short,
            "commit": commit,
            "command": shlex.join(["python", "-m", f"loadtests.{self.scenario}", *sys.argv[1:]]),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": _machine(),
            "servers": dict(self.servers),
            "data": list(self.data),
            "figures": [
                {
                    "key": one.key,
                    "what": one.what,
                    "value": one.value,
                    "unit": one.unit,
                    "details": dict(one.details),
                    "promise": str(promises[one.key]) if one.key in promises else None,
                    "holds": promises[one.key].holds(one.value) if one.key in promises else None,
                }
                for one in self.figures
            ],
        }


def budgets(scenario: str) -> dict[str, Budget]:
    """The promises about a scenario's figures, by key."""
    return {
        key: Budget(**bounds) for key, bounds in tomllib.loads(BUDGETS.read_text("utf-8")).get(scenario, {}).items()
    }


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Adds what all scenarios have in common."""
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a figure misses its budget")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="where the JSON file is written")
    # Asked now: at the end of a run the work tree may be another one.
    parser.set_defaults(commit=_commit())


def finished(report: Report, chosen: argparse.Namespace) -> int:
    """Prints and keeps a report; the exit status is 1 if a budget is missed and the command was told to mind."""
    chosen.results.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    path = chosen.results / f"{report.scenario}-{stamp}.json"
    path.write_bytes(orjson.dumps(report.as_json(chosen.commit), option=orjson.OPT_INDENT_2))
    print(report.markdown())
    print(f"\nload average {', '.join(f'{load:.1f}' for load in os.getloadavg())}; written to {path}")
    failed = report.failed()
    for one in failed:
        print(f"over budget: {one.what}, {_number(one.value)} {one.unit}", file=sys.stderr)
    return 1 if failed and chosen.strict else 0


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _commit() -> str:
    """The commit that ran, marked where the work tree differs from it."""
    try:
        git = ["git", "-C", str(REPOSITORY)]
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changes = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}{' with changes' if changes.strip() else ''}"


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }
