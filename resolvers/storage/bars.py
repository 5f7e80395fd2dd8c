"""Writing bars: one transaction for the bars, their rollups, the revisions, the quotes and the events."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg

from resolvers.errors import BadInput, Conflict
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.session import DAY
from resolvers.storage.bar_quotes import quotes_from_bars
from resolvers.storage.deriving import Touched, derive, touched_by, with_rollups
from resolvers.storage.instrument_changes import created
from resolvers.storage.instruments import instruments_by_name, session_calendars
from resolvers.storage.partitions import ensure_partitions, years_of
from resolvers.storage.pool import connection
from resolvers.storage.quotes import replace_quotes
from resolvers.storage.series import lock_series
from resolvers.storage.series_states import series_states
from resolvers.storage.taking_over import make_way_for_files
from resolvers.storage.writing import SeriesChange, SeriesWrite, write_stored
from resolvers.storage.written import Written, told

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

__all__ = ["SeriesChange", "SeriesWrite", "Written", "import_bars", "rederive_sessions", "store_bars"]

# Further than two calendars can put the date of one instant apart.
_CALENDAR_SLACK = 3 * DAY


async def store_bars(
    pool: asyncpg.Pool, writes: Sequence[SeriesWrite], *, now: int, quotes: Sequence[Quote] | None = None
) -> Written:
    """
    Stores bars and brings all that follows from them up to date, in one transaction.

    Bars that are already stored with the same values change nothing. *writes* holds each series once.

    Args:
        now: Unix seconds; a quote that is taken from a bar is never from the future.
        quotes: What a feed quotes itself, as `resolvers.storage.quotes.store_quotes`; then bars give no quotes.

    Raises:
        Conflict: If a series has another source, or real bars meet a simulated instrument.
    """
    await _ensure_partitions(pool, [write.bars for write in writes])
    async with connection(pool) as one, one.transaction():
        return await _stored(one, writes, now=now, quotes=quotes)


async def import_bars(
    pool: asyncpg.Pool,
    series: Mapping[str, Bars],
    *,
    new: Callable[[str], InstrumentSpec],
    interval: Interval,
    source: Source,
    now: int,
) -> Written:
    """
    As `store_bars`, by symbol: a symbol that is unknown becomes the instrument *new*, in the same transaction.

    Raises:
        BadInput: If two of the symbols are names of one instrument.
        Conflict: As `store_bars`.
    """
    known = await instruments_by_name(pool, list(series))
    specs = [new(symbol) for symbol in series if symbol not in known]
    await _ensure_partitions(pool, list(series.values()))
    async with connection(pool) as one, one.transaction():
        found, new_ones = await created(one, specs) if specs else ({}, [])
        instruments = known | found
        _refuse_two_names(instruments, series)
        writes = [
            SeriesWrite(instrument=instruments[symbol], interval=interval, source=source, bars=bars)
            for symbol, bars in series.items()
        ]
        return await _stored(one, writes, now=now, instruments=new_ones)


def _refuse_two_names(instruments: Mapping[str, Instrument], symbols: Iterable[str]) -> None:
    by_id: dict[int, str] = {}
    for symbol in symbols:
        other = by_id.setdefault(instruments[symbol].id, symbol)
        if other != symbol:
            raise BadInput(f"{other} and {symbol} are names of the same instrument; a file may use one of them")


async def _ensure_partitions(pool: asyncpg.Pool, all_bars: Sequence[Bars]) -> None:
    years = {year for bars in all_bars if len(bars) for year in years_of(int(bars.time[0]), int(bars.time[-1]))}
    await ensure_partitions(pool, years)


async def _stored(
    one: "Connection",
    writes: Sequence[SeriesWrite],
    *,
    now: int,
    instruments: Sequence[Instrument] = (),
    quotes: Sequence[Quote] | None = None,
) -> Written:
    writes = [write for write in writes if len(write.bars)]
    for write in writes:
        _refuse_mixing(write)
    if not writes:
        quoted = await replace_quotes(one, quotes) if quotes else []
        return await told(one, instruments=instruments, quotes=quoted)
    locked = await lock_series(one, with_rollups({write.key: write.source for write in writes}))
    before = dict(locked)
    writes = await _with_present_sessions(one, writes)
    given = await make_way_for_files(one, locked, writes)
    stored = await write_stored(one, locked, writes)
    derived = await derive(one, locked, touched_by(stored))
    changed = {(change.instrument.id, change.interval) for change in stored}
    if quotes is None:
        spoken = [write for write in writes if (write.instrument.id, write.interval) in changed]
        quoted = await quotes_from_bars(one, spoken, now=now)
    else:
        quoted = await replace_quotes(one, quotes)
    return await told(
        one, before=before, locked=locked, changes=given + stored + derived, instruments=instruments, quotes=quoted
    )


async def rederive_sessions(pool: asyncpg.Pool, instrument: Instrument) -> Written:
    """
    Makes the derived D1 and W1 bars of an instrument anew, after the calendar of its sessions has changed.

    Bars that were stored themselves carry dates that somebody else gave them, and stay.
    """
    async with connection(pool) as one:
        hours = (await series_states(one, Interval.H1, {instrument.id})).get(instrument.id)
    if hours is None:
        return Written()
    await ensure_partitions(pool, years_of(hours.first_time, hours.last_time))
    key = (Interval.H1, instrument.id)
    async with connection(pool) as one, one.transaction():
        # Locked from H1 on, so that no bar comes in between reading the hours and storing the days.
        locked = await lock_series(one, with_rollups({key: hours.source}))
        first, last = locked[key].first_time, locked[key].last_time
        if first is None or last is None:
            return Written()
        before = dict(locked)
        (instrument,) = await _present(one, [instrument])
        whole = Touched(
            instrument=instrument,
            interval=Interval.H1,
            first=first - _CALENDAR_SLACK,
            last=last + _CALENDAR_SLACK,
            has_gaps=True,
        )
        changes = await derive(one, locked, [whole], of=(Interval.D1, Interval.W1))
        return await told(one, before=before, locked=locked, changes=changes)


def _refuse_mixing(write: SeriesWrite) -> None:
    if write.instrument.spec.is_simulated != (write.source is Source.SIMULATED):
        kind = "simulated" if write.instrument.spec.is_simulated else "real"
        raise Conflict(
            f"{write.instrument.symbol} is a {kind} instrument, and bars from {write.source} cannot be mixed in"
        )


async def _with_present_sessions(one: "Connection", writes: Sequence[SeriesWrite]) -> list[SeriesWrite]:
    present = await _present(one, [write.instrument for write in writes])
    return [replace(write, instrument=instrument) for write, instrument in zip(writes, present, strict=True)]


async def _present(one: "Connection", instruments: Sequence[Instrument]) -> list[Instrument]:
    """
    The instruments with the calendars of this moment, for a transaction that has locked their series.

    A calendar that was read before the lock may have changed since:

        writer                          editor
        reads the instrument
                                        changes the calendar
                                        locks, makes the days anew
        locks, adds days by the
        calendar that it has read

    Read under the lock it is either the new one, or the editor makes the days anew afterwards.
    """
    calendars = await session_calendars(one, [instrument.id for instrument in instruments])
    return [
        replace(instrument, spec=replace(instrument.spec, sessions=calendars[instrument.id]))
        for instrument in instruments
    ]
