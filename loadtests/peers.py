"""
This gateway beside stock strawberry and a hand-written endpoint, on the same series: ``python -m loadtests.peers``.

Each is a process of its own on one core, the generator has the other; they take turns, several times. Nothing is
remembered: each answer is executed and encoded, over dozens of series in turn. An answer is held against its bars
value by value the first time, and byte by byte against that afterwards.
"""

import argparse
import asyncio
import itertools
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import orjson
import uvloop

from loadtests.arrivals import Run, Shot, closed_loop
from loadtests.gateway_process import GatewayProcess, on_cores, separate_cores
from loadtests.http_client import get, post
from loadtests.peer_series import BARS, HeldSeries, read_series, write_series
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished

_LISTENING = re.compile(r"listening on (\d+)")
_PRICES = ("open", "high", "low", "close", "volume")
_NAMES = {"stock": "stock strawberry", "written": "hand-written", "gateway": "this gateway"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """
    What is asked for.

    Attributes:
        form: ``rows`` or ``columns``; empty for the operation that asks for nothing.
        by: The field that says when a bar was.
        peers: Who is asked.
    """

    key: str
    what: str
    peers: tuple[str, ...]
    form: str = ""
    by: str = "time"
    is_compressed: bool = False


def _tasks() -> Iterator[Task]:
    for is_compressed, by in itertools.product((False, True), ("time", "timestamp")):
        for form, peers in (("rows", ("stock", "written", "gateway")), ("columns", ("written", "gateway"))):
            yield Task(
                key=f"{form}_{by}{'_gzip' * is_compressed}",
                what=f"{BARS:,} bars as {form} with `{by}`{', gzip' * is_compressed}",
                peers=peers,
                form=form,
                by=by,
                is_compressed=is_compressed,
            )
    yield Task(key="small", what="`{ __typename }`", peers=("stock", "gateway"))


TASKS = tuple(_tasks())


@dataclass(kw_only=True, slots=True)
class Measured:
    """What came of one task at one peer, over all rounds."""

    times_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    size_bytes: int = 0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.times_ms) / self.seconds if self.seconds else 0.0

    @property
    def cpu_ms(self) -> float:
        """Processor time of one answer, which hardly minds what else the machine does."""
        return self.cpu_seconds / len(self.times_ms) * 1000 if self.times_ms else 0.0


class Expected:
    """What each answer must be: checked against the bars once, byte by byte from then on."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], bytes] = {}

    def fault(self, task: Task, peer: str, series: HeldSeries, status: int, body: bytes) -> str | None:
        """What is wrong with an answer; None if nothing is."""
        key = (task.key, peer, series.symbol)
        if body == self._seen.get(key):
            return None
        found = self.first_fault(task, peer, series, status, body)
        if found is None:
            if key in self._seen:
                return "another answer than before"
            self._seen[key] = body
        return found

    @staticmethod
    def first_fault(task: Task, peer: str, series: HeldSeries, status: int, body: bytes) -> str | None:
        """What is wrong with an answer, value by value."""
        if status != 200:
            return f"status {status}"
        if task.is_compressed:
            if not body.startswith(b"\x1f\x8b"):
                return "not compressed"
            body = zlib.decompress(body, wbits=31)
        answer = orjson.loads(body)
        if not task.form:
            return None if set(answer["data"]) == {"__typename"} else "no __typename"
        if peer != "written":
            if answer.get("errors"):
                return str(answer["errors"][0]["message"])
            answer = answer["data"]["candles"]["bars" if task.form == "rows" else "columns"]
        names = (task.by, *_PRICES)
        columns = {name: [row[name] for row in answer] for name in names} if task.form == "rows" else answer
        times = columns[task.by]
        if task.by == "time":
            times = [int(datetime.fromisoformat(one).timestamp()) for one in times]
        if times != series.bars.time.tolist():
            return "other times than were stored"
        wrong = [name for name in _PRICES if columns[name] != getattr(series.bars, name).tolist()]
        return f"other values of {wrong[0]} than were stored" if wrong else None

    def size_of(self, task: Task, peer: str) -> int:
        """Mean size of the answers."""
        sizes = [len(body) for (key, of, _), body in self._seen.items() if (key, of) == (task.key, peer)]
        return round(sum(sizes) / len(sizes)) if sizes else 0


def shots(task: Task, peer: str, series: Sequence[HeldSeries], expected: Expected) -> Iterator[Shot]:
    """Requests without end, over all series in turn."""
    encoding = {"Accept-Encoding": "gzip, deflate, br" if task.is_compressed else "identity"}
    prepared = [
        Shot(kind=task.key, request=_request(task, peer, one, encoding), fault=partial(expected.fault, task, peer, one))
        for one in series
    ]
    return itertools.cycle(prepared)


def _request(task: Task, peer: str, series: HeldSeries, headers: dict[str, str]) -> bytes:
    if peer == "written":
        return get(f"/candles?symbol={series.symbol}&last={BARS}&form={task.form}&by={task.by}", headers)
    if not task.form:
        return post("/graphql", b'{"query":"{ __typename }"}', headers)
    query = (
        f"query Bars($symbol: String!, $last: Int!) {{ candles(symbol: $symbol, interval: H1, last: $last)"
        f" {{ {'bars' if task.form == 'rows' else 'columns'} {{ {task.by} {' '.join(_PRICES)} }} }} }}"
    )
    body = {"query": query, "variables": {"symbol": series.symbol, "last": BARS}, "operationName": "Bars"}
    return post("/graphql", orjson.dumps(body), headers)


def main() -> int:
    """Measures and reports."""
    chosen = _parser().parse_args()
    cores = separate_cores()
    with tempfile.TemporaryDirectory(prefix="loadtest-") as folder, ExitStack() as stack:
        path = Path(folder) / "series.npz"
        write_series(path, count=chosen.series)
        running = {peer: stack.enter_context(_running(peer, path, cores and cores[0])) for peer in _NAMES}
        stack.enter_context(on_cores(cores and cores[1]))
        expected = Expected()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found, faults = runner.run(_measured(chosen, running, read_series(path), expected))
    for fault in sorted(set(faults))[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    report = Report(
        scenario="peers",
        data=[
            f"{chosen.series} series of {BARS:,} hours of the simulated market in turn, held in memory by all three",
            "each peer has the same core, the generator the other"
            if cores
            else "nothing is pinned to a core, which makes times of no use",
            "ratios are of processor time per answer; the details have those of requests/s",
        ],
        figures=[*_ratios(found), *_single(found), _errors(faults)],
        servers={name: version(name) for name in ("strawberry-graphql", "graphql-core", "starlette", "uvicorn")},
        is_short=chosen.seconds * chosen.rounds < 3 or chosen.series < 50,
    )
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.peers", description=__doc__)
    parser.add_argument("--series", type=int, default=60, help="series that requests rotate over (default: 60)")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of each turn (default: 1.5)")
    parser.add_argument("--rounds", type=int, default=4, help="turns of each peer at each task (default: 4)")
    parser.add_argument("--concurrency", type=int, default=4, help="clients that wait for answers (default: 4)")
    add_report_options(parser)
    return parser


@contextmanager
def _running(peer: str, series: Path, cores: set[int] | None) -> Iterator[GatewayProcess]:
    with on_cores(cores):
        process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.peer_servers", peer, str(series)], stdout=subprocess.PIPE, text=True
        )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        listening = next((found for line in process.stdout if (found := _LISTENING.search(line))), None)
        if listening is None:
            raise RuntimeError(f"{peer} ended with {process.wait()} before it listened")
        yield GatewayProcess(process, int(listening[1]), 0.0)
    finally:
        process.terminate()
        process.communicate(timeout=30)


async def _measured(
    chosen: argparse.Namespace, running: dict[str, GatewayProcess], series: list[HeldSeries], expected: Expected
) -> tuple[dict[tuple[str, str], Measured], list[str]]:
    found: dict[tuple[str, str], Measured] = {}
    faults: list[str] = []
    for task in TASKS:
        sources = {peer: shots(task, peer, series, expected) for peer in task.peers}
        for peer, source in sources.items():  # all answers are checked before any counts
            checked = await closed_loop(running[peer].port, source, concurrency=4, seconds=chosen.seconds / 2)
            faults += [f"{peer}: {fault}" for fault in checked.faults]
            found[task.key, peer] = Measured()
        for _, peer in itertools.product(range(chosen.rounds), task.peers):
            measured, process = found[task.key, peer], running[peer]
            before = process.cpu_seconds() or 0.0
            run: Run = await closed_loop(
                process.port, sources[peer], concurrency=chosen.concurrency, seconds=chosen.seconds
            )
            measured.cpu_seconds += (process.cpu_seconds() or 0.0) - before
            measured.seconds += run.seconds
            measured.times_ms += run.all_times_ms()
            measured.size_bytes = expected.size_of(task, peer)
            faults += [f"{peer}: {fault}" for fault in run.faults]
    return found, faults


def _ratios(found: dict[tuple[str, str], Measured]) -> Iterator[Figure]:
    """The promises of the design, each as one number."""
    for by, gzip in itertools.product(("time", "timestamp"), ("", "_gzip")):
        rows, columns = f"rows_{by}{gzip}", f"columns_{by}{gzip}"
        ours = found[rows, "gateway"]
        said = f"with `{by}`{', gzip' if gzip else ''}"
        yield _ratio(f"{rows}_times_stock", f"rows {said}: stock's time in ours", found[rows, "stock"], ours)
        yield _ratio(f"{rows}_of_written", f"rows {said}: our time in hand-written's", ours, found[rows, "written"])
        yield _ratio(f"{columns}_of_rows", f"columns {said}: our time in that of rows", found[columns, "gateway"], ours)
        yield _beyond(f"{columns}_beyond", said, found[columns, "gateway"], ours, found["small", "gateway"])
        yield Figure(
            key=f"{columns}_bytes_of_rows",
            what=f"columns {said}: bytes in those of rows",
            value=found[columns, "gateway"].size_bytes / max(ours.size_bytes, 1),
            unit="times",
        )
    small = found["small", "stock"], found["small", "gateway"]
    yield _ratio("small_times_stock", "`{ __typename }`, all limits on: stock's time without any in ours", *small)


def _ratio(key: str, what: str, above: Measured, below: Measured) -> Figure:
    return Figure(
        key=key,
        what=what,
        value=above.cpu_ms / below.cpu_ms if below.cpu_ms else 0.0,
        unit="times",
        details={"by requests/s": below.rate / above.rate if above.rate else 0.0},
    )


def _beyond(key: str, said: str, columns: Measured, rows: Measured, small: Measured) -> Figure:
    """The ratio of what each takes more than an operation that asks for nothing: the server's share is in neither."""
    below = rows.cpu_ms - small.cpu_ms
    return Figure(
        key=key,
        what=f"columns {said}: our time in that of rows, each less `{{ __typename }}`",
        value=(columns.cpu_ms - small.cpu_ms) / below if below > 0 else 0.0,
        unit="times",
        details={"columns ms": columns.cpu_ms - small.cpu_ms, "rows ms": below},
    )


def _single(found: dict[tuple[str, str], Measured]) -> Iterator[Figure]:
    names = {task.key: task.what for task in TASKS}
    for (key, peer), one in found.items():
        if one.times_ms:
            yield Figure(
                key=f"{key}_{peer}",
                what=f"{names[key]}: {_NAMES[peer]}",
                value=one.rate,
                unit="requests/s",
                details={
                    "cpu ms": one.cpu_ms,
                    "p50": percentile(one.times_ms, 50),
                    "p99": percentile(one.times_ms, 99),
                    "kB": one.size_bytes / 1000,
                },
            )


def _errors(faults: list[str]) -> Figure:
    return Figure(key="errors", what="answers that were wrong or missing", value=len(faults), unit="answers")


if __name__ == "__main__":
    sys.exit(main())
