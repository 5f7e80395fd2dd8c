"""
Quotes that move at a steady rate: ``python -m loadtests.ticks DATABASE REDIS SYMBOLS FILE --rate 1000 --seconds 10``.

A process of its own, so that the gateway it is about has nothing but the events to deal with, as where another gateway
or a feed writes. Every quote is stored and numbered as every write is, and is an event of its own; several of them
share a transaction. A price is a number that grows, ``asOf`` is the moment of the publish call. FILE gets all of them.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import uvloop

from resolvers.events.publisher import QuotesPublisher
from resolvers.events.streams import open_client
from resolvers.model.event import EventKind
from resolvers.model.instrument import Source
from resolvers.model.quote import Quote
from resolvers.storage.changed_quotes import quotes_draft
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.outbox import numbered
from resolvers.storage.pool import Pool, connection, open_pool
from resolvers.storage.quotes import replace_quotes

_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """
    One event.

    Attributes:
        price: The number that it carries, one more than the one before of its symbol.
        moment: Of the publish call, in unix seconds.
    """

    symbol: str
    price: int
    moment: float


def read(path: Path) -> list[Tick]:
    """What a process has published, in order."""
    return [
        Tick(symbol=symbol, price=price, moment=moment) for symbol, price, moment in orjson.loads(path.read_bytes())
    ]


def quote(instrument_id: int, price: int, moment: float) -> Quote:
    """A quote whose other values follow from its number."""
    return Quote(
        instrument_id=instrument_id,
        price=float(price),
        bid=price - 0.01,
        ask=price + 0.01,
        volume=float(10 * price),
        as_of=datetime.fromtimestamp(moment, UTC),
        source=Source.PUBLISHED,
    )


async def publish(pool: Pool, publisher: QuotesPublisher, quotes: Sequence[Quote]) -> None:
    """Stores quotes in one transaction, with an event for each."""
    async with connection(pool) as one, one.transaction():
        changed = await replace_quotes(one, quotes)
        events = await numbered(one, {EventKind.QUOTES: [quotes_draft([each]) for each in changed]})
    await publisher.publish(events)


async def _run(chosen: argparse.Namespace) -> list[tuple[str, int, float]]:
    symbols: list[str] = orjson.loads(chosen.symbols.read_bytes())
    client = open_client(chosen.redis)
    pool = await open_pool(chosen.database, size=2)
    published: list[tuple[str, int, float]] = []
    try:
        known = await instruments_by_name(pool, symbols)
        ids = {symbol: known[symbol].id for symbol in symbols}
        publisher = QuotesPublisher(pool, client)
        begun = time.perf_counter()
        for first in range(0, round(chosen.rate * chosen.seconds), _AT_ONCE):
            await asyncio.sleep(begun + first / chosen.rate - time.perf_counter())
            moment = time.time()
            some = [
                (symbols[number % len(symbols)], chosen.first + number // len(symbols), moment)
                for number in range(first, first + _AT_ONCE)
            ]
            await publish(pool, publisher, [quote(ids[symbol], price, moment) for symbol, price, _ in some])
            published += some
        if publisher.failed:
            raise RuntimeError(f"Redis did not take {publisher.failed} events")
    finally:
        await pool.close()
        await client.aclose()
    return published


def main() -> int:
    """Publishes, and writes down what."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.ticks", description=__doc__)
    parser.add_argument("database")
    parser.add_argument("redis")
    parser.add_argument("symbols", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rate", type=float, required=True, help="events per second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--first", type=int, required=True, help="the price of each symbol's first event")
    chosen = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        chosen.file.write_bytes(orjson.dumps(runner.run(_run(chosen))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
