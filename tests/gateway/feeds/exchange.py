"""An exchange that speaks Binance's frames and pages, over real sockets on the loopback."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from gateway.feeds.binance_klines import INTERVALS, Kline
from resolvers.model.interval import Interval

_LIMIT_SECONDS = 30


def kline(symbol: str, time: int, close: float, *, is_closed: bool = True, told: int = 0, volume: float = 1.0) -> Kline:
    """A kline that opens at 100."""
    return Kline(
        symbol=symbol,
        time=time,
        open=100.0,
        high=max(100.0, close) + 1,
        low=min(100.0, close) - 1,
        close=close,
        volume=volume,
        is_closed=is_closed,
        told=told,
    )


class Exchange:
    """
    Serves klines under its symbols: `history` over REST, and what is pushed over combined streams.

    Attributes:
        history: Klines by symbol, oldest first.
        asked: The REST requests that were answered, as (endpoint, parameters).
        refusals: Statuses and headers that the next REST requests get instead of an answer.
        refused_streams: The same for the next streams.
        now: The time of the exchange and of whoever follows it.
    """

    def __init__(self, interval: Interval = Interval.M1) -> None:
        self.interval = interval
        self.history: dict[str, list[Kline]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.refused_streams: list[tuple[int, dict[str, str]]] = []
        self.streams: list[str] = []
        self.now = 0.0
        self._open: set[ServerConnection] = set()
        self._joined = asyncio.Event()
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        """Listens on a free port."""
        self._server = await serve(self._follow, "127.0.0.1", 0, process_request=self._answered, compression=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes everything."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def host(self) -> str:
        """Address and port."""
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def clock(self) -> float:
        """Its time."""
        return self.now

    async def joined(self) -> None:
        """Waits until somebody follows."""
        async with asyncio.timeout(_LIMIT_SECONDS):
            await self._joined.wait()

    async def push(self, *klines: Kline) -> None:
        """Sends frames to whoever follows."""
        for one in klines:
            await self.send(orjson.dumps({"stream": self._stream(one), "data": self.frame(one)}).decode())

    async def send(self, text: str) -> None:
        """Sends any text."""
        for stream in self._open:
            await stream.send(text)

    async def ping(self) -> None:
        """Pings whoever follows, and waits for the pong."""
        async with asyncio.timeout(_LIMIT_SECONDS):
            for stream in self._open:
                await (await stream.ping())

    async def end(self, *, code: int = 1000) -> None:
        """Ends the connections, as after 24 hours."""
        self._joined.clear()
        for stream in list(self._open):
            await stream.close(code)

    def cut(self) -> None:
        """Lets the connections break without a word."""
        self._joined.clear()
        for stream in list(self._open):
            stream.transport.abort()

    def frame(self, one: Kline) -> dict[str, Any]:
        """The raw payload of a kline."""
        end = one.time + self.interval.seconds
        return {
            "e": "kline",
            "E": one.told,
            "s": one.symbol,
            "k": {
                "t": one.time * 1000,
                "T": end * 1000 - 1,
                "s": one.symbol,
                "i": INTERVALS[self.interval],
                "f": 100,
                "L": 200,
                "o": str(one.open),
                "c": str(one.close),
                "h": str(one.high),
                "l": str(one.low),
                "v": str(one.volume),
                "n": 100,
                "x": one.is_closed,
                "q": "1.0000",
                "V": "500",
                "Q": "0.500",
                "B": "123456",
            },
        }

    def _stream(self, one: Kline) -> str:
        return f"{one.symbol.lower()}@kline_{INTERVALS[self.interval]}"

    async def _follow(self, stream: ServerConnection) -> None:
        self._open.add(stream)
        self._joined.set()
        await stream.wait_closed()
        self._open.discard(stream)

    def _answered(self, _: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/stream":
            self.streams.append(parameters["streams"])
            return _refused(*self.refused_streams.pop(0)) if self.refused_streams else None
        endpoint = parts.path.removeprefix("/api/v3/")
        if self.refusals:
            return _refused(*self.refusals.pop(0))
        self.asked.append((endpoint, parameters))
        symbol = parameters["symbol"]
        if symbol not in self.history:
            return _response(400, {"code": -1121, "msg": "Invalid symbol."})
        if endpoint == "exchangeInfo":
            return _response(200, {"symbols": [_information(symbol)]})
        return _response(200, [_row(one, self.interval) for one in self._page(symbol, parameters)])

    def _page(self, symbol: str, parameters: dict[str, str]) -> Sequence[Kline]:
        assert parameters["interval"] == INTERVALS[self.interval]
        limit = int(parameters.get("limit", "500"))
        if "startTime" not in parameters:
            return self.history[symbol][-limit:]
        start = int(parameters["startTime"])
        return [one for one in self.history[symbol] if one.time * 1000 >= start][:limit]


def _information(symbol: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "baseAsset": symbol[:3],
        "quoteAsset": symbol[3:],
        "filters": [{"filterType": "PRICE_FILTER", "minPrice": "0.01", "tickSize": "0.01000000"}],
    }


def _row(one: Kline, interval: Interval) -> list[Any]:
    prices = [str(value) for value in (one.open, one.high, one.low, one.close, one.volume)]
    return [one.time * 1000, *prices, (one.time + interval.seconds) * 1000 - 1, "1.0", 100, "0.5", "0.5", "0"]


def _refused(status: int, headers: dict[str, str]) -> Response:
    return _response(status, {"code": -1003, "msg": "Too much request weight used."}, headers)


def _response(status: int, content: object, headers: dict[str, str] | None = None) -> Response:
    body = orjson.dumps(content)
    fields = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
    fields.update(headers or {})
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Refused"
    return Response(status, phrase, fields, body)
