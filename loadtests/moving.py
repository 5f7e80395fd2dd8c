"""Prices that carry a number: each publish of a subject raises it, so an answer says how old it is."""

import asyncio
import itertools
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from loadtests.http_client import Connection, post
from loadtests.stored_market import DaySeries

_BASE = 1000
_TURNS_PER_SECOND = 5
_LARGEST_CALL = 500

_QUOTES = """mutation ($items: [PublishedQuote!]!) {
  published: publishQuotes(input: {items: $items}) { stored errors { message } } }"""
_SIGNALS = """mutation ($items: [PublishedSignal!]!) {
  published: publishSignals(input: {producer: "loadtest", items: $items}) { stored errors { message } } }"""
_CANDLES = """mutation ($items: [PublishedCandles!]!) {
  published: publishCandles(input: {items: $items}) { stored errors { message } } }"""


def version_of(price: float) -> int:
    """The number that a price carries; below 1 for one that was not published."""
    return round(price) - _BASE


class Moving:
    """
    The subjects of one kind, moved through the API of a gateway.

    Args:
        with_bars: Whether the newest day of a symbol moves; otherwise its quote does.

    Attributes:
        given: The number of each symbol's last publish.
        acknowledged: The number of the last one that was answered. Whoever asks the same gateway later may not be
            answered from before it.
    """

    def __init__(self, port: int, days: Sequence[DaySeries], *, with_bars: bool) -> None:
        self._port = port
        self._days = {one.symbol: one for one in days}
        self._with_bars = with_bars
        self._order = itertools.cycle(self._days)
        self.given = dict.fromkeys(self._days, 0)
        self.acknowledged = dict.fromkeys(self._days, 0)

    async def all(self) -> None:
        """Moves every subject once."""
        connection = await Connection.open(self._port)
        symbols = list(self._days)
        for first in range(0, len(symbols), _LARGEST_CALL):
            await self._publish(connection, symbols[first : first + _LARGEST_CALL])
        connection.close()

    @asynccontextmanager
    async def running(self, *, share_per_second: float) -> AsyncIterator[None]:
        """Moves that share of the subjects each second, one after the other, while the block runs."""
        count = round(len(self._days) * share_per_second / _TURNS_PER_SECOND)
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            if share_per_second:
                group.create_task(self._run(max(1, count), is_over))
            try:
                yield
            finally:
                # What is under way is finished, so that nothing stays given without an answer.
                is_over.set()

    async def _run(self, count: int, is_over: asyncio.Event) -> None:
        connection = await Connection.open(self._port)
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not is_over.is_set():
            due += 1 / _TURNS_PER_SECOND
            with suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), max(0.0, due - loop.time()))
                break
            await self._publish(connection, list(itertools.islice(self._order, count)))
        connection.close()

    async def _publish(self, connection: Connection, symbols: Sequence[str]) -> None:
        for symbol in symbols:
            self.given[symbol] += 1
        numbers = {symbol: self.given[symbol] for symbol in symbols}
        items = [self._item(symbol) for symbol in symbols]
        body = orjson.dumps({"query": self._mutation(), "variables": {"items": items}})
        status, answer = await connection.exchange(post("/graphql", body))
        published = orjson.loads(answer)["data"]["published"] if status == 200 else None
        if published is None or published["errors"] or published["stored"] != len(symbols):
            raise RuntimeError(f"publishing ended with {status}: {answer[:300]!r}")
        for symbol, number in numbers.items():
            self.acknowledged[symbol] = max(self.acknowledged[symbol], number)

    def _mutation(self) -> str:
        return _CANDLES if self._with_bars else _QUOTES

    def _item(self, symbol: str) -> dict[str, Any]:
        price = _BASE + self.given[symbol]
        if not self._with_bars:
            return {"symbol": symbol, "price": price, "asOf": datetime.now(UTC).isoformat()}
        day = datetime.fromtimestamp(int(self._days[symbol].time[-1]), UTC).isoformat()
        bar = dict.fromkeys(("open", "high", "low", "close"), price) | {"time": day, "volume": 100}
        return {"symbol": symbol, "interval": "D1", "bars": [bar]}


class MovingSignals(Moving):
    """A signal of the newest day of each symbol, which carries its number as its rationale."""

    def __init__(self, port: int, days: Sequence[DaySeries]) -> None:
        super().__init__(port, days, with_bars=False)

    def _mutation(self) -> str:
        return _SIGNALS

    def _item(self, symbol: str) -> dict[str, Any]:
        days, number = self._days[symbol], self.given[symbol]
        # Another place with each number, for each symbol another one.
        score = round(((zlib.crc32(symbol.encode()) + 7919 * number) % 2000 - 999.5) / 1000, 4)
        price, side = float(days.close[-1]), 1 if score > 0 else -1
        return {
            "symbol": symbol,
            "interval": "D1",
            "barTime": datetime.fromtimestamp(int(days.time[-1]), UTC).isoformat(),
            "direction": "BUY" if score > 0 else "SELL",
            "strength": "MODERATE",
            "score": score,
            "agreement": 0.5,
            "confidence": 0.5,
            "price": price,
            "entry": price,
            "stop": price * (1 - 0.02 * side),
            "target": price * (1 + 0.03 * side),
            "validUntil": "2099-01-01T00:00:00Z",
            "rationale": f"{number}",
        }
