"""Revisions that are raised although nothing was written, so that whoever holds a copy reads it anew."""

from typing import TYPE_CHECKING

from resolvers.errors import NotFound
from resolvers.model.event import EVERY_SIGNAL, INSTRUMENTS, SIGNALS, EventKind
from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.storage.changed_quotes import changed_quotes, returning_changed
from resolvers.storage.changed_signals import signal_drafts
from resolvers.storage.outbox import Draft, numbered
from resolvers.storage.pool import Pool, connection
from resolvers.storage.series import Changed, Locked, SeriesKey, lock_series, raise_revisions
from resolvers.storage.signal_subjects import move_all_signals, move_signals
from resolvers.storage.writing import SeriesChange
from resolvers.storage.written import Written, move_instruments, told

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_QUOTE = returning_changed("UPDATE quotes SET revision = revision + 1 WHERE instrument_id = $1")


async def raise_candles(pool: Pool, instrument: Instrument, interval: Interval | None = None) -> Written:
    """
    Raises the revisions of one series of an instrument, or of all that it has.

    Raises:
        NotFound: If it has none.
    """
    async with connection(pool) as one, one.transaction():
        sources = await _sources(one, instrument.id)
        keys = {key: source for key, source in sources.items() if interval in (None, key[0])}
        if not keys:
            raise NotFound(
                f"no {'' if interval is None else f'{interval.name} '}bars of {instrument.symbol} are stored"
            )
        locked = await lock_series(one, keys)
        before = dict(locked)
        # As if a bar was gone: then the body moves too, and the range of times is the one that is there now.
        changed = {key: Changed(bars=0, gone=1, first=first, last=last) for key, first, last in _ranges(locked)}
        await raise_revisions(one, locked, changed, has_stored=False)
        changes = [
            SeriesChange(
                instrument=instrument,
                interval=key[0],
                bars=0,
                first_time=change.first,
                last_time=change.last,
                is_derived=False,
            )
            for key, change in changed.items()
        ]
        return await told(one, before=before, locked=locked, changes=changes)


async def raise_quote(pool: Pool, instrument: Instrument) -> Written:
    """
    Raises the revision of an instrument's quote.

    Raises:
        NotFound: If it has none.
    """
    async with connection(pool) as one, one.transaction():
        quotes = changed_quotes(await one.fetch(_QUOTE, instrument.id))
        if not quotes:
            raise NotFound(f"no quote of {instrument.symbol} is stored")
        return await told(one, quotes=quotes)


async def raise_instruments(pool: Pool) -> Written:
    """Raises the revision of all instruments, their names, and which series exist."""
    async with connection(pool) as one, one.transaction():
        draft = Draft(revisions={INSTRUMENTS: await move_instruments(one)}, body={"symbols": []})
        return Written(events=await numbered(one, {EventKind.INSTRUMENTS: [draft]}))


async def raise_signals(pool: Pool, instrument: Instrument | None = None) -> Written:
    """Raises the revision of the signals of one instrument, or of all of them; also where there are none."""
    async with connection(pool) as one, one.transaction():
        if instrument is None:
            revision = await move_all_signals(one)
            drafts = [Draft(revisions={SIGNALS: revision, EVERY_SIGNAL: revision})]
        else:
            drafts = signal_drafts([], await move_signals(one, [instrument.id]), [instrument.id])
        return Written(events=await numbered(one, {EventKind.SIGNALS: drafts}))


async def _sources(one: "Connection", instrument_id: int) -> dict[SeriesKey, Source]:
    rows = await one.fetch(
        "SELECT bar_minutes, source FROM series WHERE instrument_id = $1 AND last_time IS NOT NULL", instrument_id
    )
    return {(Interval(row["bar_minutes"]), instrument_id): Source(row["source"]) for row in rows}


def _ranges(locked: Locked) -> list[tuple[SeriesKey, int, int]]:
    return [
        (key, series.first_time, series.last_time)
        for key, series in locked.items()
        if series.first_time is not None and series.last_time is not None
    ]
