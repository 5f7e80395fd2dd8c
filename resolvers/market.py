"""Instruments, quotes and windows of candles, as a query asks for them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from resolvers.compute.rollup import bucket_starts
from resolvers.errors import BadInput, GatewayError, NotFound, TooLarge
from resolvers.indicators import WindowIndicators
from resolvers.loaders import Loaders
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.session import DAY, week_starts
from resolvers.model.trace import Trace
from resolvers.model.window import Reach, SeriesState, WindowRequest
from resolvers.reading.instruments import instrument_count, instrument_page

DEFAULT_BARS = 200

# A series is stale when its newest bar ended more than this many intervals ago. Days wait three, so
# that a weekend does not count.
_STALE_AFTER = 3


async def instrument(loaders: Loaders, symbol: str) -> Instrument:
    """
    The instrument found as *symbol*, its symbol or an alias, in any case.

    Raises:
        NotFound: If there is none.
    """
    found = await loaders.instrument_by_name.load(_name(symbol))
    if found is None:
        raise _no_instrument(symbol)
    return found


async def instruments_of(loaders: Loaders, symbols: Sequence[str]) -> list[Instrument]:
    """
    The instrument of each symbol.

    Raises:
        NotFound: If there is none of one of them.
    """
    found = await loaders.instrument_by_name.load_many([_name(symbol) for symbol in symbols])
    for symbol, one in zip(symbols, found, strict=True):
        if one is None:
            raise _no_instrument(symbol)
    return [one for one in found if one is not None]


async def instruments(loaders: Loaders, page: InstrumentPage) -> list[Instrument]:
    """The instruments of a page, by symbol; one more than it shows where there are more."""
    return await instrument_page(loaders.reads, page)


async def count_of_instruments(loaders: Loaders, page: InstrumentPage) -> int:
    """How many instruments match a page's conditions, on all pages together."""
    return await instrument_count(loaders.reads, page)


async def quotes(loaders: Loaders, symbols: Sequence[str]) -> list[tuple[Instrument, Quote] | GatewayError]:
    """The quote of each symbol with its instrument, in the order asked for; an error in the place of each unknown."""
    found = await loaders.instrument_by_name.load_many([_name(symbol) for symbol in symbols])
    stored = await loaders.quote.load_many([one.id for one in found if one is not None])
    by_id = {quote.instrument_id: quote for quote in stored if quote is not None}
    answers: list[tuple[Instrument, Quote] | GatewayError] = []
    for symbol, one in zip(symbols, found, strict=True):
        if one is None:
            answers.append(_no_instrument(symbol))
        elif one.id not in by_id:
            answers.append(NotFound(f"no quote of {one.symbol} is stored"))
        else:
            answers.append((one, by_id[one.id]))
    return answers


class CandleWindow:
    """
    Bars of one series as a client asked for them, with what they amount to.

    Attributes:
        request: What was asked for, after defaults.
        bars: The bars of the window alone, oldest first.
        kept: As of `StoredWindow`.
        now: The moment, in unix seconds, for which `is_closed` and `stale` hold: the present less the grace.
        grace: How long a bar may still change after its end, in seconds.
        trace: Is told when one of them will be another.
    """

    __slots__ = ("bars", "grace", "indicators", "instrument", "kept", "now", "request", "state", "trace")

    def __init__(
        self,
        *,
        instrument: Instrument,
        request: WindowRequest,
        state: SeriesState,
        bars: Bars,
        indicators: WindowIndicators,
        kept: dict[str, Any],
        now: float,
        grace: float = 0.0,
        trace: Trace | None = None,
    ) -> None:
        self.instrument = instrument
        self.request = request
        self.state = state
        self.bars = bars
        self.indicators = indicators
        self.kept = kept
        self.now = now
        self.grace = grace
        self.trace = trace

    def is_closed(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """For each bar whether it can no longer change by new trades; shape ``(n,)``."""
        closed = self._closed()
        if not closed.all():
            # The first that is open is the next to close.
            self._holds_until(self._end(int(self.bars.time[int(np.argmin(closed))])))
        return closed

    def _closed(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        if self.request.interval.is_intraday:
            return self.bars.time + self.request.interval.seconds <= self.now
        running = bucket_starts(Interval.D1, np.array([int(self.now)]), self.instrument.spec.sessions)
        if self.request.interval is Interval.W1:
            running = week_starts(running // DAY) * DAY
        return self.bars.time < running[0]  # type: ignore[no-any-return]

    def as_of(self) -> datetime | None:
        """The end of the newest bar of the window, or now for a bar that is still forming."""
        if not len(self.bars):
            return None
        end = self._end(int(self.bars.time[-1]))
        if end > self.now:
            self._holds_until(int(self.now) + 1)
        return datetime.fromtimestamp(int(min(end, self.now)), UTC)

    def is_stale(self) -> bool:
        """Whether the newest bar of the series ended longer ago than a few intervals."""
        waits = _STALE_AFTER * min(self.request.interval.seconds, DAY)
        begins = self._end(self.state.last_time) + waits
        if begins >= self.now:
            self._holds_until(begins)
        return begins < self.now

    def _holds_until(self, moment: float) -> None:
        """Notes that an answer about *moment* and later is another one."""
        if self.trace is not None:
            self.trace.holds_until(moment + self.grace)

    def _end(self, time: int) -> int:
        if self.request.interval.is_intraday:
            return time + self.request.interval.seconds
        days = self.request.interval.seconds // DAY
        return self.instrument.spec.sessions.session_end(time // DAY + days - 1)


async def candles(
    loaders: Loaders,
    instrument: Instrument,
    interval: Interval,
    *,
    last: int | None,
    start: int | None,
    end: int | None,
    reach: Reach,
) -> CandleWindow:
    """
    The newest *last* bars of [start, end), in unix seconds; the last 200 when nothing is given.

    Raises:
        BadInput: If *last* is below 1, or the range ends before it starts.
        TooLarge: If the window would hold more bars than the limit.
        NotFound: If the interval is not stored.
    """
    limit = loaders.services.max_bars
    if last is not None and last < 1:
        raise BadInput(f"last must be at least 1, was {last}")
    if last is not None and last > limit:
        raise TooLarge(f"a window holds at most {limit} bars, last was {last}")
    if start is not None and end is not None and start >= end:
        raise BadInput(f"from must be before to, were {_text(start)} and {_text(end)}")
    if last is None and start is None:
        last = min(DEFAULT_BARS, limit)
    request = WindowRequest(
        instrument_id=instrument.id, interval=interval, start=start, end=end, last=last, limit=limit, reach=reach
    )
    stored = await loaders.window.load(request)
    if stored is None:
        raise await not_stored(loaders, instrument, interval)
    if stored.is_cut:
        raise TooLarge(f"a window holds at most {limit} bars, the range from {_text(start)} holds more")
    return CandleWindow(
        instrument=instrument,
        request=request,
        state=stored.state,
        bars=stored.bars[stored.offset :] if stored.offset else stored.bars,
        indicators=WindowIndicators(stored, instrument.spec.sessions),
        kept=stored.kept,
        now=loaders.services.clock() - loaders.services.bar_grace_seconds,
        grace=loaders.services.bar_grace_seconds,
        trace=loaders.trace,
    )


async def not_stored(loaders: Loaders, instrument: Instrument, interval: Interval) -> NotFound:
    """An error that says which intervals there are instead."""
    there = await loaders.intervals.load(instrument.id)
    names = ", ".join(one.name for one in there) if there else "none"
    return NotFound(f"no {interval.name} bars of {instrument.symbol} are stored; stored intervals: {names}")


def _name(symbol: str) -> str:
    """*symbol* as names are stored."""
    return symbol.strip().upper()


def _no_instrument(symbol: str) -> NotFound:
    """An error that names *symbol*, in quotes where its name alone would not be seen."""
    name = _name(symbol)[:40]
    return NotFound(f"no instrument {name if name and name.isprintable() else repr(name)}")


def _text(seconds: int | None) -> str:
    """Unix *seconds* for a message."""
    return "the beginning" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
