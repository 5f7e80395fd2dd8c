"""A steady rate of events to subscribers with watch lists of their own."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from loadtests.clock import noted, settled
from loadtests.deliveries import Deliveries, by_symbol
from loadtests.gateway_process import GatewayProcess
from loadtests.receivers import Receivers
from loadtests.stored_market import Database
from loadtests.ticks import Tick, read
from loadtests.watch_lists import operation, watched

_SELECTIONS = 20
_QUIET_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Steady:
    """
    What came of a run.

    Attributes:
        seconds: In which events were published.
        cores: Processor time of the gateway per second, while they were.
        late_ms: By how much the publisher was late, at most: rates below what was asked for would flatter.
        clock: What the gateway's clock has noted.
    """

    deliveries: Deliveries
    seconds: float
    cores: float
    late_ms: float
    clock: dict[str, float]


async def steady(
    gateway: GatewayProcess,
    database: Database,
    symbols: Sequence[str],
    *,
    subscribers: int,
    rate: float,
    seconds: float,
    first: int,
    throttle_ms: int,
) -> Steady:
    """
    Subscribers of twenty symbols each, in one of twenty selections, while quotes move.

    Args:
        rate: Events per second, over all symbols.
        first: The price to begin with.
    """
    lists = [watched(symbols, one) for one in range(subscribers)]
    asked = [
        [operation("1", list_, number % _SELECTIONS, throttle_ms=throttle_ms)] for number, list_ in enumerate(lists)
    ]
    receivers = await Receivers.open(gateway.port, asked)
    await settled(gateway.port)
    receivers.forget()
    cpu = gateway.cpu_seconds() or 0.0
    ticks = await _published(database, symbols, rate=rate, seconds=seconds, first=first)
    cores = ((gateway.cpu_seconds() or 0.0) - cpu) / seconds
    count = -1
    while count != receivers.tally.count:
        count = receivers.tally.count
        await asyncio.sleep(_QUIET_SECONDS)
    clock = await noted(gateway.port)
    deliveries = Deliveries(faults=receivers.faults())
    of_symbols = by_symbol(ticks)
    for receiver, list_ in zip(receivers.all, lists, strict=True):
        deliveries.judge(receiver, list_, of_symbols)
    await receivers.close()
    late = max(one.moment - ticks[0].moment - number / rate for number, one in enumerate(ticks))
    return Steady(deliveries=deliveries, seconds=seconds, cores=cores, late_ms=late * 1000, clock=clock)


async def _published(
    database: Database, symbols: Sequence[str], *, rate: float, seconds: float, first: int
) -> list[Tick]:
    folder = database.folder.parent
    given, written = folder / "symbols.json", folder / "ticks.json"
    await asyncio.to_thread(given.write_bytes, orjson.dumps(symbols))
    options = {"--rate": rate, "--seconds": seconds, "--first": first}
    publisher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtests.ticks", database.url, database.redis, str(given), str(written)),
        *(str(one) for pair in options.items() for one in pair),
    )
    if await publisher.wait():
        raise RuntimeError(f"the publisher ended with {publisher.returncode}")
    return read(written)
