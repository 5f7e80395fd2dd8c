"""
Binance's klines as bars: frames of its streams and rows of its REST endpoint, without any I/O.

Source: github.com/binance/binance-spot-api-docs, ``web-socket-streams.md`` ("Kline/Candlestick Streams"; combined ones
are wrapped as ``{"stream": …, "data": …}``) and ``rest-api.md`` (``GET /api/v3/klines``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson

from resolvers.compute.bar_rules import bar_faults, fault_reason
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval

INTERVALS = MappingProxyType(
    {
        Interval.M1: "1m",
        Interval.M5: "5m",
        Interval.M15: "15m",
        Interval.M30: "30m",
        Interval.H1: "1h",
        Interval.H4: "4h",
        Interval.D1: "1d",
        Interval.W1: "1w",
    }
)
_VALUES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kline:
    """
    A bar as the exchange tells it.

    Attributes:
        time: Its start, in unix seconds.
        is_closed: Whether it is over; a forming one comes again, every two seconds or so.
        told: When the exchange said so, in unix milliseconds; 0 where it does not say.
    """

    symbol: str
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    is_closed: bool = True
    told: int = 0


class UnknownFrame(Exception):
    """What came is no kline; says what it is."""


class ServerShutdown(Exception):
    """The exchange is about to end the connection, and asks for another one."""


def kline_of_frame(text: str | bytes, interval: Interval) -> Kline:
    """
    The kline of a frame of a combined stream.

    Raises:
        UnknownFrame: If there is none of *interval* in it, or one that cannot be right.
        ServerShutdown: If it announces the end of the connection.
    """
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise UnknownFrame("text that is not JSON") from None
    data = frame.get("data", frame) if isinstance(frame, dict) else None
    if not isinstance(data, dict):
        raise UnknownFrame("a frame that is no object")
    if data.get("e") == "serverShutdown":
        raise ServerShutdown
    kline: Mapping[str, Any] | None = data.get("k")
    if data.get("e") != "kline" or not isinstance(kline, dict):
        raise UnknownFrame(f"a frame of kind {data.get('e')!r}")
    try:
        if kline["i"] != INTERVALS[interval]:
            raise UnknownFrame(f"a kline of {kline['i']!r}")
        values = [kline[name] for name in ("o", "h", "l", "c", "v")]
        return _checked(str(kline["s"]), kline["t"], values, is_closed=bool(kline["x"]), told=int(data.get("E", 0)))
    except (KeyError, TypeError, ValueError):
        raise UnknownFrame("a kline that misses values") from None


def klines_of_rows(symbol: str, rows: Iterable[Sequence[Any]]) -> list[Kline]:
    """
    The klines of an answer of the REST endpoint; the last one may be forming.

    Raises:
        UnknownFrame: If a row is none, or one that cannot be right.
    """
    try:
        return [_checked(symbol, row[0], row[1:6]) for row in rows]
    except (IndexError, KeyError, TypeError, ValueError):
        raise UnknownFrame("rows that are no klines") from None


def bars_of(klines: Iterable[Kline]) -> Bars:
    """The klines of one series as columns, by time; of several of one time the last one."""
    by_time = {one.time: one for one in klines}
    ordered = [by_time[time] for time in sorted(by_time)]
    columns = {name: np.array([getattr(one, name) for one in ordered], np.float64) for name in _VALUES}
    return Bars(time=np.array([one.time for one in ordered], np.int64), **columns)


def _checked(symbol: str, milliseconds: int, values: Sequence[Any], *, is_closed: bool = True, told: int = 0) -> Kline:
    numbers = dict(zip(_VALUES, map(float, values), strict=True))
    fault = int(bar_faults(**{name: np.array([number]) for name, number in numbers.items()})[0])
    if fault:
        raise UnknownFrame(f"a kline of {symbol} that cannot be right: {fault_reason(fault, **numbers)}")
    return Kline(symbol=symbol, time=int(milliseconds) // 1000, is_closed=is_closed, told=told, **numbers)


class KlineOrder:
    """
    What to make of klines that come late, twice or with others missing before them, for one series.

    Args:
        interval: Of the series; its klines have no holes.
    """

    def __init__(self, interval: Interval) -> None:
        self._step = interval.seconds
        self._closed: int | None = None
        self._told: tuple[int, int] = (0, 0)

    def filled(self, times: Sequence[int], *, before: int | None = None) -> None:
        """
        Notes bars from the REST endpoint, by their starts; the newest of them may be forming.

        Args:
            before: The start of a bar before which there is nothing else to be had.
        """
        for closed in (*times[:-1], *(() if before is None else (before - self._step,))):
            self._closed = closed if self._closed is None else max(self._closed, closed)

    def misses(self, kline: Kline) -> int | None:
        """The start of the first bar before *kline* that is not known to its end; None if all are."""
        if self._closed is None or kline.time <= self._closed + self._step:
            return None
        return self._closed + self._step

    def takes(self, kline: Kline) -> bool:
        """Whether *kline* says anything new: a forming bar after its end, or older than one before it, does not."""
        if kline.is_closed:
            # Also one that was closed before: the exchange corrects, and the same values change nothing.
            self._closed = kline.time if self._closed is None else max(self._closed, kline.time)
            return True
        if self._closed is None:
            self._closed = kline.time - self._step
        if kline.time <= self._closed or (kline.time, kline.told) < self._told:
            return False
        self._told = (kline.time, kline.told)
        return True
