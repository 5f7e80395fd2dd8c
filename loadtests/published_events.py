"""What is published while clients listen: numbered signals, and prices that move; with notes of the events."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import orjson

from loadtests.pair import Publisher
from resolvers.events.position import parsed_position
from resolvers.model.event import EventKind

SIGNAL_SYMBOLS: Final = tuple(f"SIGNAL{number}" for number in range(4))
QUOTE_SYMBOLS: Final = tuple(f"QUOTE{number}" for number in range(8))
BAR_SYMBOL: Final = "BARS"

_SIGNALS = """mutation ($items: [PublishedSignal!]!) {
  published: publishSignals(input: {producer: "loadtest", items: $items}) { accepted errors { message } } }"""
_QUOTES = """mutation ($items: [PublishedQuote!]!) {
  published: publishQuotes(input: {items: $items}) { position errors { message } } }"""
_BAR = """mutation ($bar: PublishedBar!) {
  published: publishCandles(input: {items: {symbol: "BARS", interval: M1, bars: [$bar]}}) {
    position errors { message } } }"""

_BEGIN = datetime(2024, 1, 8, 12, tzinfo=UTC)
_LARGEST_CALL = 20
_TURNS_OF_A_BAR = 50


def symbol_of(number: int) -> str:
    """The symbol of the signal *number*."""
    return SIGNAL_SYMBOLS[number % len(SIGNAL_SYMBOLS)]


@dataclass(kw_only=True, slots=True)
class NumberedSignals:
    """
    Signals of one bar, so that all of them stay active; each has its number as its key and as its rationale.

    Attributes:
        keys: After how many of them the first ones are said anew, so that there are no more; None for never.
        length: Digits of each rationale, at least.
        moments: When each was about to be published, in seconds of the event loop.
    """

    publisher: Publisher
    keys: int | None = None
    length: int = 0
    moments: dict[int, float] = field(default_factory=dict)

    async def publish(self, numbers: Sequence[int]) -> None:
        """
        Publishes the signals of these numbers, in one call.

        Raises:
            RuntimeError: If not all of them are accepted.
        """
        items = [
            {
                "symbol": symbol_of(number),
                "interval": "H1",
                "barTime": _BEGIN.isoformat(),
                "direction": "BUY",
                "strength": "WEAK",
                "score": 0.5,
                "agreement": 0.5,
                "price": 100,
                "rationale": f"{number}".zfill(self.length),
                "key": f"{number if self.keys is None else number % self.keys}",
            }
            for number in numbers
        ]
        self.moments.update(dict.fromkeys(numbers, asyncio.get_running_loop().time()))
        published = await self.publisher.publish(_SIGNALS, {"items": items})
        if published["accepted"] != len(items):
            raise RuntimeError(f"{len(items)} signals were published, {published['accepted']} accepted")

    async def run(self, numbers: range, *, per_second: float, chance: random.Random) -> None:
        """Publishes signals in the order of their numbers, a few with each call, at a steady rate."""
        loop = asyncio.get_running_loop()
        begun, at = loop.time(), 0
        while at < len(numbers):
            some = numbers[at : at + chance.randint(1, _LARGEST_CALL)]
            await self.publish(some)
            at += len(some)
            await asyncio.sleep(max(0.0, begun + at / per_second - loop.time()))


@dataclass(kw_only=True, slots=True)
class Prices:
    """
    Quotes and a forming bar, moved by one writer.

    Attributes:
        quotes: The symbols of each event of quotes that its publisher has seen, by its number.
        prices: The last price of each symbol.
    """

    publisher: Publisher
    origin: str
    quotes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    prices: dict[str, float] = field(default_factory=dict)
    _step: int = 0

    def of(self, symbols: Iterable[str]) -> dict[str, float]:
        """The last prices of *symbols*."""
        return {one: self.prices[one] for one in symbols}

    async def move(self, symbols: Sequence[str]) -> int:
        """Moves the quotes of *symbols*; the number of the event."""
        self._step += 1
        moment = (_BEGIN + timedelta(seconds=self._step)).isoformat()
        price = 1000.0 + self._step
        items = [{"symbol": one, "price": price, "asOf": moment} for one in symbols]
        published = await self.publisher.publish(_QUOTES, {"items": items})
        number = self._numbers(published)[EventKind.QUOTES]
        self.quotes[number] = tuple(symbols)
        self.prices.update(dict.fromkeys(symbols, price))
        return number

    async def move_bar(self) -> int:
        """Moves the forming bar, which is another one from time to time; the number of the event."""
        self._step += 1
        minute = _BEGIN + timedelta(minutes=self._step // _TURNS_OF_A_BAR)
        price = 1000.0 + self._step
        bar = {"time": minute.isoformat(), **dict.fromkeys(("open", "high", "low", "close"), price)}
        published = await self.publisher.publish(_BAR, {"bar": bar})
        self.prices[BAR_SYMBOL] = price
        return self._numbers(published)[EventKind.CANDLES]

    async def run(self, chance: random.Random, is_over: asyncio.Event, *, per_second: float) -> None:
        """Moves some quotes, or the bar, in each turn."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not is_over.is_set():
            if chance.random() < 0.3:
                await self.move_bar()
            else:
                await self.move(chance.sample(QUOTE_SYMBOLS, chance.randint(1, 4)))
            due = max(due + 1 / per_second, loop.time() - 1)
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _numbers(self, published: dict[str, Any]) -> dict[EventKind, int]:
        return parsed_position(published["position"], self.origin)


async def bar_events(database: str) -> dict[int, tuple[str, ...]]:
    """By its number, each event of the bars of a minute, from what the database keeps."""
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch("SELECT number, body FROM outbox WHERE kind = 'candles'")
    finally:
        await connection.close()
    return {
        row["number"]: (BAR_SYMBOL,)
        for row in rows
        if any(one.startswith("candles:") and one.endswith(":1") for one in orjson.loads(row["body"])["revisions"])
    }
