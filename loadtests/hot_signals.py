"""
Signals and opportunities that were asked for before, while signals change: ``python -m loadtests.hot_signals``.

A thousand distinct bodies of each kind over all symbols, while the signals of 5 % of the symbols are said anew each
second through the same gateway. No answer may be older than the last publish that was acknowledged before it was asked
for, and no list of opportunities out of its order.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice, pairwise
from typing import Any

import orjson
import uvloop

from loadtests.arrivals import Run, Shot
from loadtests.gateway_process import GatewayProcess, on_cores, running_gateway, separate_cores
from loadtests.http_client import Connection, post
from loadtests.moving import MovingSignals
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import DaySeries, add_data_option, publishable, stored_days, temporary_database
from loadtests.volley import volley

LISTED = 20
"""Symbols of a watch list of opportunities."""

_SIGNALS = """query Signals($symbol: String!) { signals(first: 10, filter: {symbols: [$symbol]}) { nodes {
  id barTime interval direction strength score confidence price entry stop target riskReward status rationale
  instrument { symbol name } } } }"""
_OPPORTUNITIES = """query Best($symbols: [String!]!) { opportunities(first: 10, filter: {symbols: $symbols}) {
  id rank score direction expectedMovePercent riskPercent instrument { symbol name } signal { id rationale } } }"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """The body of a request, and the symbols that it is about."""

    text: bytes
    symbols: tuple[str, ...]

    @property
    def is_ranked(self) -> bool:
        """Whether it asks for opportunities."""
        return len(self.symbols) > 1


def signal_bodies(symbols: Sequence[str], count: int) -> list[Body]:
    """The signals of one symbol: no two bodies are equal."""
    return [
        Body(text=_text(_SIGNALS, number // len(symbols), symbol=one), symbols=(one,))
        for number, one in enumerate(islice(cycle(symbols), count))
    ]


def opportunity_bodies(symbols: Sequence[str], count: int) -> list[Body]:
    """The best of watch lists, each begun at another symbol."""
    bodies = []
    for number in range(count):
        listed = tuple(dict.fromkeys(symbols[(number + step) % len(symbols)] for step in range(max(2, LISTED))))
        bodies.append(Body(text=_text(_OPPORTUNITIES, number // len(symbols), symbols=listed), symbols=listed))
    return bodies


def _text(query: str, spaces: int, **variables: Any) -> bytes:
    # Where there are few symbols, documents differ in what means nothing.
    return orjson.dumps({"query": query + " " * spaces, "variables": variables})


def shots(bodies: Sequence[Body], moving: MovingSignals) -> Iterator[Shot]:
    """Requests without end, over all bodies in turn."""
    prepared = [(one, post("/graphql", one.text)) for one in bodies]
    acknowledged = moving.acknowledged
    for body, request in cycle(prepared):
        # Just before it is sent: nothing older may answer it.
        least = {symbol: acknowledged[symbol] for symbol in body.symbols}
        yield Shot(kind="all", request=request, fault=partial(_fault, body, moving, least))


def _fault(body: Body, moving: MovingSignals, least: dict[str, int], status: int, answer: bytes) -> str | None:
    read: Any = orjson.loads(answer)
    if status != 200 or read.get("errors"):
        return f"status {status}: {read.get('errors')}"[:200]
    data = read["data"]
    items = data["opportunities"] if body.is_ranked else data["signals"]["nodes"]
    if len(items) != (min(10, len(body.symbols)) if body.is_ranked else 1):
        return f"{len(items)} items"
    for one in items:
        symbol = one["instrument"]["symbol"]
        number = int(one["signal"]["rationale"] if body.is_ranked else one["rationale"])
        if symbol not in least:
            return f"{symbol} was not asked for"
        if not least[symbol] <= number <= moving.given[symbol]:
            return f"{symbol} {number} was answered after {least[symbol]}, of {moving.given[symbol]}"
    places = [(one["rank"], one["score"]) for one in items] if body.is_ranked else []
    for (rank, score), (next_rank, next_score) in pairwise(places):
        if rank >= next_rank or score < next_score:
            return f"not in order: {places}"
    return None


def main() -> int:
    """Measures and reports."""
    chosen = _parser().parse_args()
    cores = separate_cores()
    with temporary_database(cores and cores[1]) as database, ExitStack() as stack:
        source = publishable(database, chosen.data)
        days = asyncio.run(stored_days(database))
        gateway = stack.enter_context(running_gateway(database.folder, cores=cores and cores[0]))
        stack.enter_context(on_cores(cores and cores[1]))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures, faults = runner.run(_measured(chosen, gateway, days))
    for fault in sorted(set(faults))[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    report = Report(
        scenario="hot_signals",
        data=[
            f"{chosen.bodies:,} distinct bodies of each kind over {len(days)} symbols ({source}), a signal of each",
            f"the signals of {chosen.moved:.0%} of the symbols said anew each second, through the measured gateway",
            "the gateway has one core, PostgreSQL, Redis and the generator have the others"
            if cores
            else "nothing is pinned to a core, which makes times of no use",
        ],
        figures=[
            *figures,
            Figure(key="errors", what="answers that were wrong, old or missing", value=len(faults), unit="answers"),
        ],
        servers={},
        is_short=chosen.seconds < 3 or chosen.bodies < 1000 or chosen.moved != 0.05,
    )
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.hot_signals", description=__doc__)
    add_data_option(parser)
    parser.add_argument("--bodies", type=int, default=1000, help="distinct requests of each kind (default: 1000)")
    parser.add_argument("--seconds", type=float, default=8, help="length of each turn (default: 8)")
    parser.add_argument("--moved", type=float, default=0.05, help="share moved each second (default: 0.05)")
    add_report_options(parser)
    return parser


async def _measured(
    chosen: argparse.Namespace, gateway: GatewayProcess, days: Sequence[DaySeries]
) -> tuple[list[Figure], list[str]]:
    moving = MovingSignals(gateway.port, days)
    await moving.all()
    symbols = [one.symbol for one in days]
    figures, faults = list[Figure](), list[str]()
    for kind, bodies in (
        ("signals", signal_bodies(symbols, chosen.bodies)),
        ("opportunities", opportunity_bodies(symbols, chosen.bodies)),
    ):
        source = shots(bodies, moving)
        faults += await _once(gateway.port, source, len(bodies))
        for share, key, what in (
            (0.0, f"{kind}_still_ms", f"{kind}, one client, mean, while nothing moves"),
            (chosen.moved, f"{kind}_ms", f"{kind}, one client, mean"),
        ):
            async with moving.running(share_per_second=share):
                run = await volley(gateway.port, source, concurrency=1, seconds=chosen.seconds)
            faults += run.faults
            figures.append(_mean(key, what, run))
    return figures, faults


async def _once(port: int, source: Iterator[Shot], count: int) -> list[str]:
    """Asks for each body once, before anything counts; what was wrong."""
    connection = await Connection.open(port)
    found = [shot.fault(*await connection.exchange(shot.request)) for shot in islice(source, count)]
    connection.close()
    return [one for one in found if one is not None]


def _mean(key: str, what: str, run: Run) -> Figure:
    times = run.all_times_ms() or [0.0]
    spread = {f"p{one}": percentile(times, one) for one in (50, 95, 99)}
    return Figure(
        key=key, what=what, value=sum(times) / len(times), unit="ms", details=spread | {"times": float(len(times))}
    )


if __name__ == "__main__":
    sys.exit(main())
