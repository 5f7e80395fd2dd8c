"""Which column of a price file holds what, told by its header."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from resolvers.errors import BadInput
from resolvers.model.interval import Interval

# Of several names for one thing the earlier is preferred: a file with `close` and `price` has its close in `close`.
_NAMES: dict[str, tuple[str, ...]] = {
    "date": ("date", "day", "trade date", "trading date", "trading day", "session", "dtyyyymmdd"),
    "time": ("time", "hour", "time of day"),
    "instant": (
        *("timestamp", "datetime", "date time", "open time", "opentime", "bar time", "start time", "window start"),
        *("time utc", "utc time", "gmt time", "local time", "unix", "unix time", "unix timestamp", "epoch", "ts", "t"),
    ),
    "index": ("index", "index level 0", "unnamed: 0", ""),  # pandas writes an index of dates without a name
    "open": ("open", "o", "open price", "price open", "first"),
    "high": ("high", "h", "high price", "price high", "max"),
    "low": ("low", "l", "low price", "price low", "min"),
    "close": ("close", "c", "close price", "price close", "close/last", "last", "last price", "settle", "price"),
    "adjusted close": ("adj close", "adjclose", "adjusted close", "adjustedclose", "adj close price", "close adj"),
    "volume": ("volume", "vol", "v", "volume traded", "trade volume", "tick volume", "tickvol"),
    "symbol": ("symbol", "ticker", "sym", "instrument", "pair", "act symbol", "stock", "code", "name"),
}
_PRICES = ("open", "high", "low", "close")
EXPECTED = "a header names the columns date (or time, timestamp, datetime), open, high, low and close"
_NOISE = re.compile(r"[\s_.*<>\[\]()\"'-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceColumns:
    """
    Where each thing stands in a row, counted from 0.

    Attributes:
        time: One column, or two: a date and a time of day.
        is_weak_symbol: Whether *symbol* is a column called ``name``, which may hold company names.
    """

    time: tuple[int, ...]
    open: int
    high: int
    low: int
    close: int
    volume: int | None
    adjusted_close: int | None
    symbol: int | None
    is_weak_symbol: bool = False


def price_columns(names: Sequence[str], interval: Interval) -> PriceColumns:
    """
    The columns that the header *names* announces.

    Raises:
        BadInput: If the time or a price has no column, or one thing has two of the same name.
    """
    found = {role: _column(role, names) for role in _NAMES}
    lacking = [role for role in _PRICES if found[role] is None]
    time = _time_columns(found, interval)
    if not time or lacking:
        wanted = ", ".join([*([] if time else ["date or time"]), *lacking])
        raise BadInput(f"{EXPECTED}; no column for {wanted} in {shown_header(names)}")
    symbol = found["symbol"]
    return PriceColumns(
        time=time,
        open=_known(found["open"]),
        high=_known(found["high"]),
        low=_known(found["low"]),
        close=_known(found["close"]),
        volume=found["volume"],
        adjusted_close=found["adjusted close"],
        symbol=symbol,
        is_weak_symbol=symbol is not None and _plain_name(names[symbol]) == "name",
    )


def header_score(names: Sequence[str]) -> int:
    """How many of the five necessary things the header *names* announces, 0 to 5."""
    plain = {_plain_name(name) for name in names}
    has_time = any(plain & set(_NAMES[role]) for role in ("date", "time", "instant", "index"))
    return has_time + sum(bool(plain & set(_NAMES[role])) for role in _PRICES)


def shown_header(names: Sequence[str]) -> str:
    """The header as a message shows it, not longer than a line."""
    text = ", ".join(name.strip() for name in names)
    return repr(text if len(text) <= 120 else text[:117] + "...")


def _plain_name(name: str) -> str:
    return _NOISE.sub(" ", name.lower()).strip()


def _column(role: str, names: Sequence[str]) -> int | None:
    plain = [_plain_name(name) for name in names]
    for known in _NAMES[role]:
        if known and plain.count(known) > 1:
            raise BadInput(f"one column for {role} was expected, {plain.count(known)} are named {known!r}")
        if known in plain:
            return plain.index(known)
    return None


def _time_columns(found: dict[str, int | None], interval: Interval) -> tuple[int, ...]:
    date, time, instant = found["date"], found["time"], found["instant"]
    if date is not None and time is not None:
        return (date, time)
    # Beside an epoch column, a date column says which session the exchange meant.
    preferred = (instant, date, time) if interval.is_intraday else (date, instant, time)
    return next(((column,) for column in (*preferred, found["index"]) if column is not None), ())


def _known(column: int | None) -> int:
    assert column is not None  # noqa: S101 - checked by the caller, said to the type checker
    return column
