"""Runs a scenario as its user does, on prices small enough for a test."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from loadtests.report import REPOSITORY

_DAY = "{symbol},2024-{month:02}-{day:02},{price},{price},{price},{price},1000"


def prices(folder: Path, *, symbols: int) -> Path:
    """A file of 168 days of each symbol, one row of which cannot be right."""
    rows = [
        _DAY.format(symbol=f"SYM{number}", month=month, day=day, price=100 + number + day / 4)
        for number in range(symbols)
        for month in range(1, 7)
        for day in range(1, 29)
    ]
    path = folder / "prices.csv"
    path.write_text("\n".join(["symbol,time,open,high,low,close,volume", *rows, "SYM0,2024-07-01,1,,1,1,1"]) + "\n")
    return path


def outcome(scenario: str, folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The JSON file that a scenario wrote, and what it printed."""
    run = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            f"loadtests.{scenario}",
            "--results",
            str(folder / "results"),
            *arguments,
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (path,) = (folder / "results").iterdir()
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found, run.stdout


def values(report: dict[str, Any]) -> dict[str, float]:
    """The figures of a report by their keys."""
    return {one["key"]: one["value"] for one in report["figures"]}
