"""
Binance's klines, stored as they come, without holes.

Source: github.com/binance/binance-spot-api-docs, ``web-socket-streams.md``: combined streams at ``/stream?streams=…``,
at most 1,024 of them; a connection lives 24 hours at most;
the server pings every 20 seconds, and `websockets` answers.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from gateway.background import in_background
from gateway.feeds.binance_klines import (
    INTERVALS,
    Kline,
    KlineOrder,
    ServerShutdown,
    UnknownFrame,
    bars_of,
    kline_of_frame,
)
from gateway.feeds.binance_rest import BinanceHistory, ExchangeBusy, lowered, refusal
from resolvers.errors import BadInput, Unavailable
from resolvers.ingest import Ingest
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.bars import SeriesWrite
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.pool import Pool, connection
from resolvers.storage.series_states import series_states

logger = logging.getLogger("gateway.binance")

_MOST_STREAMS = 1024
_FIRST_BARS = 1000
_LONGEST_PAUSE_SECONDS = 60.0
_LOST = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, ExchangeBusy, Unavailable, ServerShutdown)


class BinanceFeed:
    """
    Stores the klines of *symbols*, and fills in by REST what the stream did not bring.

    The stream is opened first and its frames wait while the history is read, so that nothing falls between the two.

    Args:
        history: The REST endpoint.
        stream_url: Where the streams are, without a path.
        since: How far back to begin, in unix seconds; None begins a new series with its newest thousand bars.
        clock: Unix seconds.
        sleep: Waits so many seconds.
        jitter: A number in [0, 1), so that many clients do not return at once.

    Raises:
        BadInput: If there are no symbols, or more than one connection takes.
    """

    def __init__(
        self,
        pool: Pool,
        ingest: Ingest,
        history: BinanceHistory,
        *,
        stream_url: str,
        symbols: Sequence[str],
        interval: Interval,
        since: int | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._symbols = tuple(dict.fromkeys(symbol.strip().upper() for symbol in symbols if symbol.strip()))
        if not 1 <= len(self._symbols) <= _MOST_STREAMS:
            raise BadInput(f"Binance streams 1 to {_MOST_STREAMS:,} symbols on a connection, was {len(self._symbols)}")
        self._pool = pool
        self._ingest = ingest
        self._history = history
        names = "/".join(f"{symbol.lower()}@kline_{INTERVALS[interval]}" for symbol in self._symbols)
        self._url = f"{stream_url.rstrip('/')}/stream?streams={names}"
        self._interval = interval
        self._since = since
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._instruments: dict[str, Instrument] = {}
        self._orders: dict[str, KlineOrder] = {}
        self._strange: set[str] = set()
        self._failures = 0

    async def run(self) -> None:
        """
        Stores until it is cancelled.

        Raises:
            NotFound: If the exchange does not know a symbol.
            Conflict: If a series holds bars from another source.
            ExchangeRefused: If the exchange will not serve this.
        """
        while True:
            try:
                await self._connected()
            except InvalidStatus as error:
                reason = refusal(error.response.status_code, lowered(error.response.headers), {})
                if not isinstance(reason, ExchangeBusy):
                    raise reason from error
                await self._pause(reason)
            except _LOST as error:
                await self._pause(error)

    async def _pause(self, error: Exception) -> None:
        """As long as the exchange asks for, or longer each time."""
        asked = error.seconds if isinstance(error, ExchangeBusy) else None
        seconds = min(_LONGEST_PAUSE_SECONDS, 2.0**self._failures) * (0.5 + self._jitter())
        logger.warning("%s; connecting again", str(error) or type(error).__name__)
        self._failures = min(self._failures + 1, 10)
        await self._sleep(seconds if asked is None else asked + self._jitter())

    async def _connected(self) -> None:
        if len(self._instruments) < len(self._symbols):
            self._instruments = await self._known()
        # No bound on what waits: it is conflated below, and reading the history must not stop the answers to pings.
        async with connect(self._url, max_queue=None, compression=None) as stream:
            for symbol in self._symbols:
                self._orders[symbol] = KlineOrder(self._interval)
                await self._fill(symbol, await self._start(symbol))
            logger.info("%d streams of %s are open", len(self._symbols), self._interval.name)
            await self._follow(stream)

    async def _known(self) -> dict[str, Instrument]:
        """The instruments of the symbols; those that are new are made."""
        known = await instruments_by_name(self._pool, list(self._symbols))
        new = [await self._history.instrument(symbol) for symbol in self._symbols if symbol not in known]
        return known | (await self._ingest.instruments(new) if new else {})

    async def _start(self, symbol: str) -> int | None:
        """From where a series is to be filled in; None for its newest thousand bars."""
        id_ = self._instruments[symbol].id
        async with connection(self._pool) as one:
            state = (await series_states(one, self._interval, {id_})).get(id_)
        if state is None:
            return self._since
        if self._since is not None and self._since < state.first_time:
            first = await self._history.first_time(symbol, self._interval, start=self._since)
            if first is not None and first < state.first_time:
                return first
        # The newest bar again: it may have been forming.
        return state.last_time

    async def _fill(self, symbol: str, start: int | None, *, before: int | None = None) -> None:
        """Stores the history from *start* on."""
        bars, order = 0, self._orders[symbol]
        if start is None:
            klines = await self._history.newest(symbol, self._interval, bars=_FIRST_BARS)
            bars = await self._store(klines)
            order.filled([kline.time for kline in klines])
        else:
            async with aclosing(self._history.pages(symbol, self._interval, start=start)) as pages:
                async for klines in pages:
                    bars += await self._store(klines)
                    order.filled([kline.time for kline in klines])
        order.filled((), before=before)
        if bars:
            logger.info("%s %s: %d bars filled in", symbol, self._interval.name, bars)

    async def _follow(self, stream: ClientConnection) -> None:
        """Stores what comes; what came meanwhile is one write, in which the newest state of a bar counts."""
        frames: asyncio.Queue[str | bytes | None] = asyncio.Queue()

        async def read() -> None:
            with suppress(ConnectionClosed):
                async for frame in stream:
                    frames.put_nowait(frame)
            frames.put_nowait(None)

        async with in_background(read()):
            came: list[str | bytes | None] = []
            while not came or came[-1] is not None:
                came = [await frames.get()]
                while not frames.empty():
                    came.append(frames.get_nowait())
                await self._take([frame for frame in came if frame is not None])
        raise ConnectionResetError(f"Binance has ended the connection ({stream.close_code})")

    async def _take(self, frames: Iterable[str | bytes]) -> None:
        klines: list[Kline] = []
        for frame in frames:
            kline = self._understood(frame)
            if kline is None:
                continue
            order = self._orders[kline.symbol]
            hole = order.misses(kline)
            if hole is not None:
                await self._store(klines)
                klines = []
                await self._fill(kline.symbol, hole, before=kline.time)
            if order.takes(kline):
                klines.append(kline)
        if klines:
            await self._store(klines)
            self._failures = 0

    def _understood(self, frame: str | bytes) -> Kline | None:
        """The kline of a frame; what is none is told once of its kind."""
        try:
            kline = kline_of_frame(frame, self._interval)
            if kline.symbol not in self._orders:
                raise UnknownFrame(f"a kline of {kline.symbol}, which nobody asked for")
        except UnknownFrame as error:
            if str(error) not in self._strange and len(self._strange) < 100:
                self._strange.add(str(error))
                logger.warning("ignored from Binance: %s; more of these are not told", error)
            return None
        return kline

    async def _store(self, klines: Sequence[Kline]) -> int:
        """Stores klines, and returns how many bars of their interval were new or different."""
        by_symbol: dict[str, list[Kline]] = {}
        for kline in klines:
            by_symbol.setdefault(kline.symbol, []).append(kline)
        writes = [
            SeriesWrite(
                instrument=self._instruments[symbol], interval=self._interval, source=Source.FEED, bars=bars_of(same)
            )
            for symbol, same in by_symbol.items()
        ]
        if not writes:
            return 0
        written = await self._ingest.candles(writes, now=int(self._clock()))
        return sum(change.bars for change in written.changes if change.interval is self._interval)
