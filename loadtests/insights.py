"""
Insights: how many questions share a model's words, how far off those are, and what a hot answer takes.

``python -m loadtests.insights``. The first part is in simulated time: questions about each symbol are a Poisson process
while minutes close, and the model takes two seconds. The second is over HTTP, by rules: a thousand distinct bodies over
all symbols, while 5 % of what they are about is published anew each second.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import uvloop

from gateway.feeds.files import FileOptions, read_prices
from gateway.feeds.simulated import simulated_market
from loadtests.gateway_process import GatewayProcess, on_cores, running_gateway, separate_cores
from loadtests.http_client import Connection
from loadtests.insight_bodies import Body, InsightJudge, insight_bodies, publish_signals, signals_moving
from loadtests.moving import Moving
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.shared_states import Arrivals, Outcome, answered, by_older_rule, by_state, states_of
from loadtests.stored_market import DaySeries, add_data_option, publishable, stored_days, temporary_database
from loadtests.volley import volley
from resolvers.compute.insights.facts import LEAST_BARS
from resolvers.model.bars import Bars
from resolvers.model.facts import Facts
from resolvers.model.interval import Interval

_UNTIL = 1_790_000_000  # 2026-09-21; a fixed moment is a fixed market
_MODEL_SECONDS = 2.0

Markets = Mapping[str, tuple[Bars, Sequence[Facts | None]]]


def main() -> int:
    """Measures and reports."""
    chosen = _parser().parse_args()
    arrivals = Arrivals(per_minute=chosen.per_minute, model_seconds=_MODEL_SECONDS)
    markets = {"simulated": _simulated(chosen.minutes)}
    if chosen.minute_data.is_file():
        markets["real"] = _real(chosen.minute_data)
    figures = [
        figure
        for name, market in markets.items()
        for figure in _shares(name, answered(market, arrivals, by_state), answered(market, arrivals, by_older_rule))
    ]
    hot, source = _hot(chosen)
    report = Report(
        scenario="insights",
        data=[
            f"questions: a Poisson process of {chosen.per_minute:g} a minute for each symbol, independent of its price",
            f"the model takes {_MODEL_SECONDS:g} s; M1 bars without signals: words are fresh for 60 s, stale for 60",
            f"simulated: {len(markets['simulated'])} symbols, {chosen.minutes:,} minutes before a fixed moment",
            f"real: {chosen.minute_data.name}" if "real" in markets else "real minutes are not there",
            f"hot: {chosen.bodies:,} distinct bodies, by rules, one client, {chosen.moved:.0%} moved a second",
            source,
        ],
        figures=[*figures, *hot],
        servers={name: version(name) for name in ("uvicorn", "uvloop", "httptools")},
        is_short=chosen.seconds < 10 or chosen.bodies < 1000 or chosen.moved != 0.05 or chosen.minutes < 5000,
    )
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.insights", description=__doc__)
    add_data_option(parser)
    parser.add_argument("--per-minute", type=float, default=6.0, help="questions about each symbol (default: 6)")
    parser.add_argument("--minutes", type=int, default=5000, help="simulated minutes of each symbol (default: 5000)")
    parser.add_argument("--bodies", type=int, default=1000, help="distinct requests (default: 1000)")
    parser.add_argument("--seconds", type=float, default=20, help="how long hot answers are asked for (default: 20)")
    parser.add_argument("--moved", type=float, default=0.05, help="share moved each second (default: 0.05)")
    add_report_options(parser)
    parser.set_defaults(minute_data=_minute_file(parser))
    return parser


def _minute_file(parser: argparse.ArgumentParser) -> Path:
    """The real minutes that lie beside the real days."""
    days: Path = parser.get_default("data")
    return days.with_name("spy-1min.csv")


def _simulated(minutes: int) -> Markets:
    bars = {one.instrument.symbol: one.minutes[-minutes:] for one in simulated_market(until=_UNTIL)}
    return {symbol: (each, states_of(symbol, each)) for symbol, each in bars.items()}


def _real(path: Path) -> Markets:
    read = read_prices(path, FileOptions(symbol="SPY", interval=Interval.M1, timezone="America/New_York"))
    return {symbol: (bars, states_of(symbol, bars)) for symbol, bars in read.series.items()}


def _shares(name: str, found: Outcome, older: Outcome) -> Iterator[Figure]:
    """What became of the questions about one market, by this gateway's key and by that of the older system."""
    details = {"questions": found.asked, "calls": found.calls, "older system": older.hits}
    yield Figure(
        key=f"{name}_hits",
        what=f"{name}: questions answered by words that are there",
        value=found.hits,
        unit="of all",
        details=details,
    )
    for key, what, value in (
        ("repeated", "by words for the same facts", found.repeated),
        ("similar", "by words for a similar state", found.similar),
    ):
        yield Figure(
            key=f"{name}_{key}", what=f"{name}: of these {what}", value=value / max(found.asked, 1), unit="of all"
        )
    yield Figure(
        key=f"{name}_rsi_gap",
        what=f"{name}: worst distance of RSI(14) between a question and its answer",
        value=found.worst_rsi_gap,
        unit="points",
        details={"older system": older.worst_rsi_gap},
    )
    yield Figure(
        key=f"{name}_price_gap",
        what=f"{name}: worst distance of the close",
        value=found.worst_price_gap,
        unit="%",
        details={"older system": older.worst_price_gap},
    )


def _hot(chosen: argparse.Namespace) -> tuple[list[Figure], str]:
    """What an answer takes that was given before, while some move; and what the prices are."""
    cores = separate_cores()
    with temporary_database(cores and cores[1]) as database, ExitStack() as stack:
        source = publishable(database, chosen.data)
        # What has fewer bars has no insight.
        days = [one for one in asyncio.run(stored_days(database)) if len(one.time) >= LEAST_BARS]
        gateway = stack.enter_context(running_gateway(database.folder, cores=cores and cores[0]))
        stack.enter_context(on_cores(cores and cores[1]))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_measured(chosen, gateway, days)), source


async def _measured(chosen: argparse.Namespace, gateway: GatewayProcess, days: Sequence[DaySeries]) -> list[Figure]:
    bodies = insight_bodies(days, chosen.bodies)
    random.Random(1).shuffle(bodies)
    await publish_signals(gateway.port, days)
    moving = Moving(gateway.port, days, with_bars=True)
    await moving.all()
    judge = InsightJudge(moving=moving)
    faults, cold_ms = await _once(gateway.port, judge, chosen.bodies, bodies)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(moving.running(share_per_second=chosen.moved))
        run = await volley(gateway.port, judge.shots(bodies, "hot"), concurrency=1, seconds=chosen.seconds)
        await stack.enter_async_context(signals_moving(gateway.port, days))
        beside = await volley(gateway.port, judge.shots(bodies, "beside"), concurrency=1, seconds=chosen.seconds / 2)
    times, faults = run.all_times_ms(), faults + run.faults + beside.faults
    for fault in sorted(set(faults))[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    spread = {f"p{one}": percentile(times or [0.0], one) for one in (50, 95, 99)}
    sizes = [len(answer) for answer, _ in judge.seen.values()]
    details = spread | {"times": len(times), "kB": sum(sizes) / max(len(sizes), 1) / 1000}
    mean = sum(times) / max(len(times), 1)
    return [
        Figure(key="hot_ms", what="hot: an insight, one client, mean", value=mean, unit="ms", details=details),
        Figure(
            key="beside_signals_ms",
            what="the same beside one signal a second, about whatever symbol, mean",
            value=sum(beside.all_times_ms()) / max(len(beside.all_times_ms()), 1),
            unit="ms",
            details={"times": len(beside.all_times_ms())},
        ),
        Figure(key="cold_ms", what="cold: the same, each for the first time, mean", value=cold_ms, unit="ms"),
        Figure(key="memory_mb", what="memory of the gateway (RSS), at most", value=_memory(gateway), unit="MB"),
        Figure(key="errors", what="answers that were wrong, old or missing", value=len(faults), unit="answers"),
    ]


def _memory(gateway: GatewayProcess) -> float:
    return gateway.memory_mb().get("most", 0.0)


async def _once(port: int, judge: InsightJudge, count: int, bodies: Sequence[Body]) -> tuple[list[str], float]:
    """Each body once, before anything counts: faults, and the mean time in milliseconds."""
    loop, faults, total = asyncio.get_running_loop(), list[str](), 0.0
    connection = await Connection.open(port)
    for shot in islice(judge.shots(bodies, "cold"), count):
        begun = loop.time()
        fault = shot.fault(*await connection.exchange(shot.request))
        total += loop.time() - begun
        faults += [] if fault is None else [fault]
    connection.close()
    return faults, total / max(count, 1) * 1000


if __name__ == "__main__":
    sys.exit(main())
