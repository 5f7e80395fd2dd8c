"""One pass of a load under which some clients stop reading."""

import argparse
import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import orjson

from loadtests.gateway_process import GatewayProcess
from loadtests.http_client import Connection, get
from loadtests.judging import Events, order_of, wrongly_skipped
from loadtests.listening import Listener, listening, until
from loadtests.pair import Alone, Publisher
from loadtests.published_events import QUOTE_SYMBOLS, SIGNAL_SYMBOLS, NumberedSignals, Prices
from loadtests.stream_clients import TRANSPORTS, subscribed
from resolvers.model.event import EventKind

_SIGNALS: Final = "subscription { signals { rationale } }"
# Large, or what is not read would fit into the queues of the system, which grow to a megabyte.
_OWN_SIGNALS: Final = "subscription { signals { rationale again: rationale more: rationale own%d: direction } }"
_QUOTES: Final = (
    "subscription ($symbols: [String!]!) { quotes(symbols: $symbols) { price own%d: asOf "
    + " ".join(f"a{number}: asOf" for number in range(190))
    + " } }"
)

_LENGTH: Final = 3_000
_LATE_SECONDS: Final = 20.0
# What a client that has stopped reading may have waiting on its own side.
_READ_LIMIT: Final = 8_192
NEVER: Final = 4
"""Clients that never read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """
    What was seen in one pass.

    Attributes:
        latencies: From the publish call to the receipt, of signals to those who read, in milliseconds.
        growth_mb: Of the process's memory while some did not read.
        ended: How many listeners to signals were told where to go on.
        skipping: How many listeners to quotes were told that they had missed some, or everything.
        cut_off: How many of those that never read again were ended, though they cannot be told.
        wrong: Faults of what was heard.
    """

    latencies: Sequence[float]
    growth_mb: float
    ended: int
    skipping: int
    cut_off: int
    wrong: Sequence[str]


def _listener(number: int, origin: str, kind: EventKind, query: str, wanted: Sequence[str], limit: int) -> Listener:
    return Listener(
        kind=kind,
        transport=TRANSPORTS[number // 2 % 2],
        query=query,
        variables={"symbols": list(wanted)},
        wanted=frozenset(wanted),
        origin=origin,
        at=0,
        read_limit=limit or None,
    )


def _stalling(count: int, origin: str) -> list[Listener]:
    """Half of them of signals and half of quotes, each with a selection of its own, so that none shares its items."""
    return [
        _listener(number, origin, EventKind.SIGNALS, _OWN_SIGNALS % number, SIGNAL_SYMBOLS, _READ_LIMIT)
        if number % 2
        else _listener(number, origin, EventKind.QUOTES, _QUOTES % number, QUOTE_SYMBOLS, _READ_LIMIT)
        for number in range(count)
    ]


async def _streams(gateway: GatewayProcess) -> int:
    """How many streams the gateway has."""
    connection = await Connection.open(gateway.port)
    _, body = await connection.exchange(get("/watched/streams"))
    connection.close()
    return int(orjson.loads(body)["subscribers"])


async def _most_memory(gateway: GatewayProcess) -> float:
    """The growth of the process's memory in MB until it is cancelled."""
    before = most = gateway.memory_mb().get("now", 0.0)
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(0.1)
            most = max(most, gateway.memory_mb().get("now", 0.0))
    return most - before


async def one_pass(chosen: argparse.Namespace, origin: str, gateway: GatewayProcess, *, stalls: bool) -> Pass:
    loop, place, chance = asyncio.get_running_loop(), Alone(gateway.port), random.Random(chosen.seed)
    readers = [
        _listener(number, origin, EventKind.SIGNALS, _SIGNALS, SIGNAL_SYMBOLS, 0) for number in range(chosen.clients)
    ]
    stalling = _stalling(chosen.stalled, origin)
    signals = NumberedSignals(publisher=Publisher(place), length=_LENGTH)
    prices = Prices(publisher=Publisher(place), origin=origin)
    await prices.move(QUOTE_SYMBOLS)
    await prices.move_bar()
    some = int(chosen.rate * chosen.stall)
    first, second, count = some // 4, some // 4 + some, 3 * some // 2

    async def publish(numbers: range) -> None:
        await signals.run(numbers, per_second=chosen.rate, chance=chance)

    async with listening([*readers, *stalling], place):
        never = []
        for number in range(NEVER if stalls else 0):
            query = _OWN_SIGNALS % (1_000 + number)
            client = await subscribed(TRANSPORTS[number % 2], gateway.port, query, {}, read_limit=_READ_LIMIT)
            await client.hear()
            never.append(client)
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(prices.run(random.Random(chosen.seed), is_over, per_second=chosen.rate / 3))
            await publish(range(first))
            growing, begun = asyncio.create_task(_most_memory(gateway)), loop.time()
            for one in stalling if stalls else ():
                one.may_read.clear()
            # However long it takes: it is so much that they have more waiting than may.
            await publish(range(first, second))
            ended = loop.time()
            growing.cancel()
            for one in stalling:
                one.may_read.set()
            await publish(range(second, count))
            is_over.set()
        last = await prices.move(QUOTE_SYMBOLS)
        await until(
            lambda: all(
                one.heard[-1].number >= (last if one.kind is EventKind.QUOTES else count)
                for one in (*readers, *stalling)
            ),
            _LATE_SECONDS,
        )
        remaining = len(readers) + len(stalling)
        for _ in range(int(_LATE_SECONDS)):
            cut_off = remaining + len(never) - await _streams(gateway)
            if cut_off == len(never):
                break
            await asyncio.sleep(1)
        for client in never:
            client.abort()
    for publisher in (signals.publisher, prices.publisher):
        publisher.close()
    latencies = [
        1000 * (message.moment - signals.moments[int(item["rationale"])])
        for one in readers
        for message in one.heard
        if begun <= message.moment <= ended
        for item in message.items
    ]
    of_quotes = [one for one in stalling if one.kind is EventKind.QUOTES]
    return Pass(
        latencies=latencies,
        growth_mb=await growing,
        ended=sum(one.endings.total() == one.endings["TOO_SLOW"] > 0 for one in stalling if one not in of_quotes),
        skipping=sum(any(message.skipped or message.is_reset for message in one.heard) for one in of_quotes),
        cut_off=cut_off,
        wrong=[text for one in (*readers, *stalling) for text in _faults(one, count, Events(prices.quotes))],
    )


def _faults(listener: Listener, count: int, quotes: Events) -> Iterator[str]:
    """What was lost, repeated or counted wrongly; and who was ended although it read."""
    if listener.kind is EventKind.QUOTES:
        yield from wrongly_skipped(listener, quotes, is_list=True)
        return
    order = order_of(listener, range(count))
    if order.lost or order.repeated or order.disordered:
        yield f"signals: {order}"
    if listener.endings and listener.read_limit is None:
        yield f"a client that read was ended: {dict(listener.endings)}"
