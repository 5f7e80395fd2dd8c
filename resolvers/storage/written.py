"""What a transaction has changed, and the events that tell of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.model.event import INSTRUMENTS, Event, EventKind, body_subject, series_subject
from resolvers.model.instrument import Instrument
from resolvers.storage.changed_quotes import ChangedQuote, quotes_draft
from resolvers.storage.changed_signals import ChangedSignal, signal_drafts
from resolvers.storage.outbox import Draft, numbered
from resolvers.storage.series import Locked, SeriesKey
from resolvers.storage.signal_subjects import move_signals
from resolvers.storage.writing import SeriesChange

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Written:
    """
    What one transaction has changed; nothing, where it is empty.

    Attributes:
        changes: Of the bars. A series of which some bars were stored and others derived is named twice.
        instruments: Those that were created or changed.
        quotes: Those that are different now.
        signals: Those that are new or different; of many at once only those that are news.
        quiet_signals: How many more are.
        events: As everybody hears of it.
    """

    changes: Sequence[SeriesChange] = ()
    instruments: Sequence[Instrument] = ()
    quotes: Sequence[ChangedQuote] = ()
    signals: Sequence[ChangedSignal] = ()
    quiet_signals: int = 0
    events: Sequence[Event] = ()

    @property
    def revisions(self) -> dict[str, int]:
        """The new revision of each subject that moved."""
        return {subject: revision for event in self.events for subject, revision in event.revisions.items()}

    @property
    def position(self) -> dict[EventKind, int]:
        """The number of the last of its events, of each kind of which it has some."""
        return {event.kind: event.number for event in self.events}


async def told(
    one: "Connection",
    *,
    before: Locked | None = None,
    locked: Locked | None = None,
    changes: Sequence[SeriesChange] = (),
    instruments: Sequence[Instrument] = (),
    quotes: Sequence[ChangedQuote] = (),
    signals: Sequence[ChangedSignal] = (),
    quiet_signals: int = 0,
    quiet_instruments: Collection[int] = (),
) -> Written:
    """
    Leaves the events of a transaction, as its end.

    Args:
        before, locked: The series of the transaction, as they were locked and as they are now.
        quiet_signals: How many signals are new or different beside those that are named, and
        quiet_instruments: of which instruments they are, by their ids.
    """
    before, locked = before or {}, locked or {}
    drafts: dict[EventKind, list[Draft]] = {EventKind.CANDLES: _of_series(changes, before, locked)}
    if instruments or any(_has_bars(before, key) != _has_bars(locked, key) for key in locked):
        revision = await move_instruments(one)
        drafts[EventKind.INSTRUMENTS] = [
            Draft(revisions={INSTRUMENTS: revision}, body={"symbols": _symbols(instruments, changes, before, locked)})
        ]
    if quotes:
        drafts[EventKind.QUOTES] = [quotes_draft(quotes)]
    if signals or quiet_signals:
        ids = {each.signal.instrument_id for each in signals}.union(quiet_instruments)
        drafts[EventKind.SIGNALS] = signal_drafts(signals, await move_signals(one, ids), ids)
    events = await numbered(one, drafts)
    return Written(
        changes=changes,
        instruments=instruments,
        quotes=quotes,
        signals=signals,
        quiet_signals=quiet_signals,
        events=events,
    )


async def move_instruments(one: "Connection") -> int:
    """The next revision of all instruments, which they have from now on."""
    revision: int = await one.fetchval(
        "UPDATE collections SET revision = revision + 1 WHERE name = $1 RETURNING revision", INSTRUMENTS
    )
    return revision


def _has_bars(series: Locked, key: SeriesKey) -> bool:
    return key in series and series[key].last_time is not None


def _symbols(
    instruments: Iterable[Instrument], changes: Iterable[SeriesChange], before: Locked, locked: Locked
) -> list[str]:
    """Of the instruments that are new or different, or of which other intervals are stored now."""
    named = {one.symbol for one in instruments}
    for change in changes:
        key = (change.interval, change.instrument.id)
        if _has_bars(before, key) != _has_bars(locked, key):
            named.add(change.instrument.symbol)
    return sorted(named)


def _of_series(changes: Sequence[SeriesChange], before: Locked, locked: Locked) -> list[Draft]:
    """One event for each series that changed."""
    by_key: dict[SeriesKey, list[SeriesChange]] = {}
    for change in changes:
        by_key.setdefault((change.interval, change.instrument.id), []).append(change)
    return [_of_one_series(same, before, locked) for same in by_key.values()]


def _of_one_series(same: Sequence[SeriesChange], before: Locked, locked: Locked) -> Draft:
    instrument, interval = same[0].instrument, same[0].interval
    key = (interval, instrument.id)
    first, last = min(one.first_time for one in same), max(one.last_time for one in same)
    was_last = before[key].last_time
    # Of a single bar that was stored and is not gone; with two changes it is one bar only if they are of one time.
    bar = same[0].bar if len(same) == 1 else None
    body: dict[str, object] = {
        "symbol": instrument.symbol,
        "interval": interval.name,
        "firstTime": first,
        "lastTime": last,
        "bars": sum(one.bars for one in same),
        "isNewestOnly": bar is not None and first == was_last,
    }
    if bar is not None and (was_last is None or first >= was_last):
        body["bar"] = list(bar)
        # With it, the bar is all that a reader would read of the newest one.
        body["series"] = {
            "id": instrument.id,
            "source": locked[key].source.value,
            "firstTime": locked[key].first_time,
        }
    return Draft(revisions=revisions_of(locked, [key]), body=body)


def revisions_of(locked: Locked, keys: Iterable[SeriesKey]) -> Mapping[str, int]:
    """The revisions of series and of their bodies, by subject."""
    found: dict[str, int] = {}
    for interval, instrument_id in keys:
        series = locked[interval, instrument_id]
        found[series_subject(instrument_id, interval)] = series.revision
        found[body_subject(instrument_id, interval)] = series.body_revision
    return found
