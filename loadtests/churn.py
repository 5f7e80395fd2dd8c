"""
Thousands of connects and disconnects: ``python -m loadtests.churn``.

Clients come and go over all transports, politely or cut off, with subscriptions or without, while something is
published, and two others stay. When the last one is gone, the process has to hold no more than before the first one
came: no task, no connection, no reservation, no group of the hub, none of their objects, and no memory.

Seen to fail with groups that stay: ``del self.groups[key]`` left out of ``Channel.leave``.
"""

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson
import uvloop

from loadtests.gateway_process import GatewayProcess, on_cores, running_gateway, separate_cores
from loadtests.http_client import Connection, get
from loadtests.line import Gone
from loadtests.listening import Listener, listening
from loadtests.pair import Alone, Publisher
from loadtests.published_events import BAR_SYMBOL, QUOTE_SYMBOLS, SIGNAL_SYMBOLS, NumberedSignals, Prices
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import create_instruments_in, server_versions, temporary_database
from loadtests.stream_clients import TRANSPORTS, Ended
from loadtests.visits import VISITS, Visit
from resolvers.model.event import EventKind

_ACTIVE: Final = 40
_PER_SECOND: Final = 20.0
_STILL_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """
    What a process has.

    Attributes:
        streams: Tasks, connections, and what the hub holds, by what it is.
        objects: Objects of streams that are alive, by their types.
    """

    streams: dict[str, int]
    objects: dict[str, int]
    memory_mb: float

    @property
    def all(self) -> dict[str, int]:
        """Everything that is counted."""
        return {**self.streams, **self.objects}


async def _held(gateway: GatewayProcess) -> _Held:
    connection = await Connection.open(gateway.port)
    found: list[Any] = []
    for path in ("/watched/objects", "/watched/streams"):
        _, body = await connection.exchange(get(path))
        found.append(orjson.loads(body))
    connection.close()
    objects, streams = found
    return _Held(streams=streams, objects=objects, memory_mb=gateway.memory_mb().get("now", 0.0))


async def _pay(chosen: argparse.Namespace, port: int, count: int, chance: random.Random) -> Counter[str]:
    """Pays visits, some at the same time; how many there were of each kind, and what went wrong."""
    kinds = {visit: weight for visit, weight in VISITS.items() if visit.__name__ not in chosen.without}
    visits = iter(chance.choices(list(kinds), weights=list(kinds.values()), k=count))
    told: Counter[str] = Counter()

    async def pay() -> None:
        for visit in visits:
            told[await _paid(visit, port, chance)] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(chosen.at_once):
            group.create_task(pay())
    return told


async def _paid(visit: Visit, port: int, chance: random.Random) -> str:
    """The name of a visit, or what went wrong with it."""
    name = visit.__name__
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await visit(port, chance)
    except (Gone, Ended, OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        return f"{name}: {type(error).__name__} {error}"
    return name


async def _still(gateway: GatewayProcess, seconds: float) -> _Held:
    """What is held when all that ends by itself has ended, in time or not."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        held = await _held(gateway)
        if held.streams["connections"] == len(TRANSPORTS) or loop.time() > end:
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(_STILL_SECONDS)
    return await _held(gateway)


def _staying(transport: str, origin: str) -> Listener:
    return Listener(
        kind=EventKind.SIGNALS,
        transport=transport,
        query="subscription { signals { stays: direction } }",
        variables={},
        wanted=frozenset(),
        origin=origin,
        at=0,
    )


async def _measured(
    chosen: argparse.Namespace, origin: str, gateway: GatewayProcess
) -> tuple[_Held, _Held, _Held, Counter[str]]:
    """What the process had before all visits, after the first ones and after all, and how the others went."""
    place, chance = Alone(gateway.port), random.Random(chosen.seed)
    signals = NumberedSignals(publisher=Publisher(place), keys=_ACTIVE)
    prices = Prices(publisher=Publisher(place), origin=origin)
    await prices.move(QUOTE_SYMBOLS)
    await prices.move_bar()
    # As many as the process remembers, so that it remembers no more of them later.
    await signals.run(range(chosen.signals), per_second=10_000, chance=chance)
    number = chosen.signals

    async def pay(count: int) -> Counter[str]:
        nonlocal number
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(prices.run(random.Random(count), is_over, per_second=_PER_SECOND))
            paying = group.create_task(_pay(chosen, gateway.port, count, chance))
            while not paying.done():
                await signals.run(range(number, number + 5), per_second=_PER_SECOND, chance=chance)
                number += 5
            is_over.set()
        return paying.result()

    async with listening([_staying(transport, origin) for transport in TRANSPORTS], place):
        first = await _still(gateway, chosen.reserved)
        await pay(chosen.warm_up)
        warm = await _still(gateway, chosen.reserved)
        told = await pay(chosen.visits)
        after = await _still(gateway, chosen.reserved)
    for publisher in (signals.publisher, prices.publisher):
        publisher.close()
    return first, warm, after, told


def _figures(first: _Held, warm: _Held, after: _Held, told: Counter[str]) -> Iterator[Figure]:
    wrong = {text: count for text, count in told.items() if ":" in text}
    for text, count in list(wrong.items())[:10]:
        print(f"{count} times {text}", file=sys.stderr)
    kinds = {name: count for name, count in sorted(told.items()) if name not in wrong}
    yield Figure(key="visits", what="connects and disconnects", value=sum(kinds.values()), unit="", details=kinds)
    yield Figure(key="errors", what="visits that were not answered", value=sum(wrong.values()), unit="")
    for key, what, names in (
        ("tasks", "tasks", ["tasks"]),
        ("connections", "connections and reservations", ["connections"]),
        ("hub", "groups, subscribers, subjects and items of the hub", ["groups", "subscribers", "subjects", "items"]),
        ("objects", "objects of streams", sorted({*first.objects, *after.objects})),
    ):
        more = {name: after.all.get(name, 0) - first.all.get(name, 0) for name in names}
        yield Figure(
            key=key,
            what=f"{what} more than before any visit",
            value=sum(map(abs, more.values())),
            unit="",
            details=more,
        )
    yield Figure(
        key="memory_mb",
        what="memory more than after the first visits",
        value=after.memory_mb - warm.memory_mb,
        unit="MB",
        details={"before": first.memory_mb, "after the first": warm.memory_mb, "after all": after.memory_mb},
    )


def main() -> int:
    """Runs, and reports."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.churn", description=__doc__)
    parser.add_argument("--visits", type=int, default=10_000)
    parser.add_argument("--warm-up", type=int, default=15_000, help="visits before the first look (default: 15000)")
    parser.add_argument("--at-once", type=int, default=40, help="visits at the same time (default: 40)")
    parser.add_argument("--signals", type=int, default=5_500, help="that there are before (default: 5500)")
    parser.add_argument("--reserved", type=float, default=40, help="seconds until no reservation is kept (default: 40)")
    parser.add_argument("--without", nargs="*", default=[], metavar="VISIT", help="kinds that are left out")
    parser.add_argument("--seed", type=int, default=1)
    add_report_options(parser)
    chosen = parser.parse_args()
    cores = separate_cores()
    with (
        temporary_database(cores and cores[1]) as database,
        on_cores(cores and cores[1]),
        running_gateway(database.folder, cores=cores and cores[0], module="loadtests.watched_gateway") as gateway,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        origin = runner.run(create_instruments_in(database, [*SIGNAL_SYMBOLS, *QUOTE_SYMBOLS, BAR_SYMBOL]))
        first, warm, after, told = runner.run(_measured(chosen, origin, gateway))
        versions = runner.run(server_versions(database))
    report = Report(
        scenario="churn",
        data=[f"{chosen.visits:,} visits after {chosen.warm_up:,}, {chosen.at_once} at once, over all transports"],
        figures=list(_figures(first, warm, after, told)),
        servers=versions,
        is_short=chosen.visits < 10_000,
    )
    return finished(report, chosen)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
