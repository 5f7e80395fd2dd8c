"""
Binance over REST: the history of a symbol in pages, and what an instrument is.

Source: github.com/binance/binance-spot-api-docs, ``rest-api.md``: ``GET /api/v3/klines`` (at most 1,000 rows a page, by
open time), ``GET /api/v3/exchangeInfo``, error -1121 for an unknown symbol, 429 and 418 with ``Retry-After``;
``faqs/market_data_only.md`` for the hosts that serve nothing but market data.
"""

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from gateway.feeds.binance_klines import INTERVALS, Kline, UnknownFrame, klines_of_rows
from resolvers.errors import BadInput, GatewayError, NotFound
from resolvers.model.instrument import AssetClass, InstrumentSpec
from resolvers.model.interval import Interval

_TIMEOUT_SECONDS = 10
_UNKNOWN_SYMBOL = -1121
_USUAL_WAIT_SECONDS = 60.0


class ExchangeRefused(GatewayError):
    """The exchange does not want to serve this, and will not when it is asked again."""

    code = "UNAVAILABLE"


class ExchangeBusy(Exception):
    """
    The exchange cannot be reached or asks for patience.

    Attributes:
        seconds: After which it may be asked again, where it says so.
    """

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class BinanceHistory:
    """
    Klines and instruments of the exchange at *url*.

    Args:
        page_size: Most klines of a page; the exchange gives 1,000.

    Raises:
        BadInput: If *url* is no ``http`` or ``https`` URL.
    """

    def __init__(self, url: str, *, page_size: int = 1000) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise BadInput(f"the REST URL must begin with https:// or http://, was {url!r}")
        self._url = url.rstrip("/")
        self._page_size = page_size

    async def pages(self, symbol: str, interval: Interval, *, start: int) -> AsyncGenerator[list[Kline], None]:
        """
        All klines that start at *start* (unix seconds) or later, oldest first; the very last one may be forming.

        Raises:
            NotFound: If the exchange does not know *symbol*.
            ExchangeRefused, ExchangeBusy: If it does not answer.
        """
        while True:
            rows = await self._asked(
                "klines",
                symbol=symbol,
                interval=INTERVALS[interval],
                startTime=start * 1000,
                limit=self._page_size,
            )
            klines = _understood(symbol, rows)
            if klines:
                yield klines
            if len(klines) < self._page_size:
                return
            start = klines[-1].time + 1

    async def first_time(self, symbol: str, interval: Interval, *, start: int) -> int | None:
        """The start of the first kline at *start* or later; None if there is none. Raises as `pages`."""
        rows = await self._asked("klines", symbol=symbol, interval=INTERVALS[interval], startTime=start * 1000, limit=1)
        return next((kline.time for kline in _understood(symbol, rows)), None)

    async def newest(self, symbol: str, interval: Interval, *, bars: int) -> list[Kline]:
        """The newest klines, at most a page of them. Raises as `pages`."""
        rows = await self._asked(
            "klines", symbol=symbol, interval=INTERVALS[interval], limit=min(bars, self._page_size)
        )
        return _understood(symbol, rows)

    async def instrument(self, symbol: str) -> InstrumentSpec:
        """What *symbol* is. Raises as `pages`."""
        information = await self._asked("exchangeInfo", symbol=symbol)
        try:
            one = information["symbols"][0]
            base, quote = str(one["baseAsset"]), str(one["quoteAsset"])
            sizes = [
                float(rule["tickSize"]) for rule in one.get("filters", ()) if rule.get("filterType") == "PRICE_FILTER"
            ]
        except (IndexError, KeyError, TypeError, ValueError):
            raise ExchangeBusy(f"Binance says nothing of {symbol} that can be understood") from None
        return InstrumentSpec(
            symbol=symbol,
            asset_class=AssetClass.CRYPTO,
            currency=quote,
            name=f"{base} in {quote}",
            exchange="BINANCE",
            aliases=(f"{base}/{quote}", f"{base}-{quote}"),
            tick_size=next((size for size in sizes if size > 0), None),
        )

    async def _asked(self, path: str, **parameters: object) -> Any:
        answer = await asyncio.to_thread(_fetched, f"{self._url}/api/v3/{path}?{urlencode(parameters)}")
        if answer.status == 200:
            try:
                return orjson.loads(answer.body)
            except orjson.JSONDecodeError:
                raise ExchangeBusy("Binance answers with something that is not JSON") from None
        raise refusal(answer.status, answer.headers, _message(answer.body), symbol=str(parameters["symbol"]))


def refusal(
    status: int, headers: Mapping[str, str], message: Mapping[str, Any], *, symbol: str = ""
) -> GatewayError | ExchangeBusy:
    """What an answer means that is none; *headers* by their names in lower case."""
    words = f"Binance answers {status}" + (f": {message['msg']}" if message.get("msg") else "")
    if message.get("code") == _UNKNOWN_SYMBOL:
        return NotFound(f"Binance knows no symbol {symbol}")
    if status in (418, 429):
        seconds = _seconds(headers.get("retry-after"))
        what = "has banned this address for a while" if status == 418 else "asks for fewer requests"
        return ExchangeBusy(f"Binance {what} ({status}); it is asked again in {seconds:g} s", seconds)
    if status == 451:
        return ExchangeRefused(f"{words} (it does not serve this place)")
    # A firewall's 403 passes; other mistakes in a request stay mistakes.
    return ExchangeRefused(words) if 400 <= status < 500 and status != 403 else ExchangeBusy(words)


def _seconds(text: str | None) -> float:
    try:
        return max(float(text or ""), 1.0)
    except ValueError:
        return _USUAL_WAIT_SECONDS


def _understood(symbol: str, rows: Any) -> list[Kline]:
    try:
        return klines_of_rows(symbol, rows)
    except UnknownFrame as error:
        raise ExchangeBusy(f"Binance sends {error}") from None


def _message(body: bytes) -> Mapping[str, Any]:
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return message if isinstance(message, dict) else {}


def lowered(headers: Mapping[str, str] | Message) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def _fetched(url: str) -> _Answer:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the scheme was checked
            return _Answer(status=answer.status, headers=lowered(answer.headers), body=answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _Answer(status=error.code, headers=lowered(error.headers), body=error.read())
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ExchangeBusy(f"Binance cannot be reached: {reason}") from error
