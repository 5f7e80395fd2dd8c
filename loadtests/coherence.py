"""
Two gateways that are written to and asked at once: ``python -m loadtests.coherence``.

Writers append and correct bars, move quotes and say signals anew through both. Readers ask both, the same few
questions again and again, so that everything that is held is used. Every few moments the reader of events of the
second one is held for a while. No answer may be older than what its process had heard or acknowledged, nor, where the
client gave the position of a write, than that; and each must be a state that there was, whole.

Seen to fail, with small changes that are made by hand:

- without the revision bump, that is with ``Reader._deliver`` and ``Ingest._settled`` not moving revisions;
- with values stored under the revision that is held in memory: ``Loaded(…, revisions.of(subject))`` for the revision
  that was read, in `instruments.py`, `windows.py` and `signals.py` of `resolvers/reading`;
- without ``is_fresh`` in ``MarketEndpoint.context_of``, and without ``may_be_shared``.
"""

import argparse
import asyncio
import itertools
import random
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

import orjson
import uvloop

from loadtests.gateway_process import GatewayProcess, running_gateway
from loadtests.histories import BarsHistory, QuoteHistory, SignalHistory, WrittenHistory
from loadtests.http_client import Connection, get
from loadtests.observations import behind, faults
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import Database, create_instruments_in, server_versions, temporary_database
from loadtests.written_market import Market

_PAUSE_SECONDS = 0.02
_HELD = 1


async def _write(market: Market, subjects: Sequence[WrittenHistory], chance: random.Random) -> None:
    """Writes to its own subjects in turn, through either process."""
    connections = [await Connection.open(one.port) for one in market.gateways]
    for one in itertools.cycle(subjects):
        if market.is_over:
            break
        await market.publish(connections, one, one.next(chance), chance.randrange(2))
        await asyncio.sleep(_PAUSE_SECONDS)
    for connection in connections:
        connection.close()


async def _read(market: Market, process: int, chance: random.Random) -> None:
    connection = await Connection.open(market.gateways[process].port)
    while not market.is_over:
        await market.ask(connection, process, chance)
        await asyncio.sleep(0.001)
    connection.close()


async def _hold(market: Market, seconds: float) -> None:
    """Holds the reader of one process for *seconds*, and lets it go for as long."""
    connection = await Connection.open(market.gateways[_HELD].port)
    while not market.is_over:
        await asyncio.sleep(seconds)
        market.held[_HELD] = not market.held[_HELD]
        await connection.exchange(get("/watched/hold" if market.held[_HELD] else "/watched/go"))
    await connection.exchange(get("/watched/go"))
    connection.close()


async def _measured(chosen: argparse.Namespace, database: Database, gateways: Sequence[GatewayProcess]) -> Report:
    bars = [BarsHistory(symbol=f"BARS{number}", kind="candles") for number in range(chosen.subjects)]
    quotes = [QuoteHistory(symbol=f"QUOTE{number}", kind="quotes") for number in range(chosen.subjects)]
    signals = [SignalHistory(symbol=f"SIGNAL{number}", kind="signals") for number in range(chosen.subjects)]
    subjects: list[WrittenHistory] = [*bars, *quotes, *signals]
    origin = await create_instruments_in(database, [one.symbol for one in subjects])
    market = Market(gateways=gateways, origin=origin, subjects=subjects)
    connections = [await Connection.open(one.port) for one in gateways]
    chance = random.Random(chosen.seed)
    for series in bars:
        await market.publish(connections, series, series.first(), 0)
    others: list[QuoteHistory | SignalHistory] = [*quotes, *signals]
    for one in others:
        await market.publish(connections, one, one.next(chance), 0)
    for connection in connections:
        connection.close()
    async with asyncio.TaskGroup() as group:
        for at in range(chosen.writers):
            group.create_task(_write(market, market.subjects[at :: chosen.writers], random.Random(at)))
        for at in range(chosen.readers):
            for process in (0, 1):
                group.create_task(_read(market, process, random.Random(100 + 2 * at + process)))
        group.create_task(_hold(market, chosen.hold))
        await asyncio.sleep(chosen.seconds)
        market.is_over = True
    return await _report(chosen, database, market, [await _counts(one) for one in gateways])


async def _counts(gateway: GatewayProcess) -> dict[str, Any]:
    connection = await Connection.open(gateway.port)
    _, body = await connection.exchange(get("/watched/counts"))
    connection.close()
    counts: dict[str, Any] = orjson.loads(body)
    return counts


async def _report(
    chosen: argparse.Namespace, database: Database, market: Market, counts: Sequence[dict[str, Any]]
) -> Report:
    found, seen = list(faults(market.observations)), market.observations
    for fault in found[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    for refusal in sorted(set(market.refusals))[:5]:
        print(f"refused: {refusal}", file=sys.stderr)
    tiers: dict[str, int] = {}
    for one in counts:
        for _, name, count in one["tiers"]:
            tiers[name] = tiers.get(name, 0) + count
    figures = (
        ("old_answers", "answers that were older than they may be, or no state that there was", len(found)),
        ("errors", "questions that were not answered", len(market.refusals)),
        ("answers", "answers that were held against what was written", len(seen)),
        ("with_position", "of these, to clients that gave a position", sum(one.after is not None for one in seen)),
        ("held", "from the process whose reader was held", sum(one.is_held for one in seen)),
        (
            "held_with_position",
            "from it, to clients that gave a position",
            sum(one.is_held and one.after is not None for one in seen),
        ),
        ("behind", "older than what the other process had acknowledged, as they may be", behind(seen)),
        ("versions", "writes", sum(len(one.versions) for one in market.subjects)),
        ("responses", "operations answered by the response cache", sum(one["responses"]["hits"] for one in counts)),
        ("memory", "values from the processes' memory", tiers.get("memory_hits", 0)),
        ("redis", "values from Redis", tiers.get("redis_hits", 0) + tiers.get("redis_waits", 0)),
        ("loads", "values from PostgreSQL", tiers.get("loads", 0)),
    )
    return Report(
        scenario="coherence",
        data=[
            f"two processes, {chosen.writers} writers and {chosen.readers} readers of each, {chosen.seconds:g} s",
            f"{chosen.subjects} series of hours with their days, as many quotes and signals",
            f"the second process hears nothing for {chosen.hold:g} s out of {2 * chosen.hold:g} s",
        ],
        figures=[Figure(key=key, what=what, value=value, unit="") for key, what, value in figures],
        servers=await server_versions(database),
        is_short=chosen.seconds < 30,
    )


def main() -> int:
    """Runs, and reports."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.coherence", description=(__doc__ or "").partition("Seen")[0]
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long (default: 60)")
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--readers", type=int, default=3, help="of each process (default: 3)")
    parser.add_argument("--subjects", type=int, default=4, help="series, and as many quotes and signals (default: 4)")
    parser.add_argument("--hold", type=float, default=2, help="seconds for which a reader is held (default: 2)")
    parser.add_argument("--seed", type=int, default=1)
    add_report_options(parser)
    chosen = parser.parse_args()
    with temporary_database() as database, ExitStack() as stack:
        gateways = [
            stack.enter_context(
                running_gateway(
                    database.folder, module="loadtests.watched_gateway", settings={"event_audit_seconds": 30}
                )
            )
            for _ in range(2)
        ]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            report = runner.run(_measured(chosen, database, gateways))
    return finished(report, chosen)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
