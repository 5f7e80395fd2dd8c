"""The stream of candles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from gateway.streams.history import History
from gateway.streams.instruments import KnownInstruments
from gateway.streams.source import Audience, Change, Known, Mode
from resolvers.errors import NotFound
from resolvers.loaders import Loaders
from resolvers.market import instrument, not_stored
from resolvers.model.bars import Bars
from resolvers.model.event import Event, EventKind, body_subject, series_subject
from resolvers.model.interval import Interval
from resolvers.model.window_parts import NewestBar
from resolvers.services import Services
from resolvers.storage.newest_bars import newest_bars_at_number
from schema.candle_updates import CandleUpdateType

_VALUES: Final = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Told:
    """
    What is said of a series.

    Attributes:
        changed_from: Start of the oldest bar that has changed, in unix seconds; None of a snapshot.
        revision, body_revision: Those that the event has moved it to.
        bar: Time and values of the newest bar, where nothing else has changed.
    """

    instrument_id: int
    interval: Interval
    changed_from: int | None = None
    revision: int = 0
    body_revision: int = 0
    bar: Sequence[float | None] | None = None


class CandlesSource:
    """
    ``Subscription.candles``: the newest bar of a series, with whatever window of it a client selects.

    The window is read as a query reads it, so indicators have the values that a query would show. An event that changes
    the newest bar alone has that bar: it is put beside the held body of the window, and nothing is read. After any
    other event the window is read anew, once for all who select equally much of it.
    """

    field = "candles"
    kind = EventKind.CANDLES
    mode = Mode.LATEST
    audience_arguments = frozenset({"symbol", "interval"})

    def __init__(self, services: Services, history: History) -> None:
        self._services = services
        self._history = history
        self._instruments = KnownInstruments(services)

    async def audience(self, arguments: dict[str, Any]) -> Audience:
        """
        The one series.

        Raises:
            NotFound: If the symbol is unknown, or no bars of the interval are stored.
        """
        loaders = Loaders(self._services)
        one = await instrument(loaders, arguments["symbol"])
        interval: Interval = arguments["interval"]
        if interval not in (await loaders.intervals.load(one.id) or ()):
            raise await not_stored(loaders, one, interval)
        return Audience(subjects=(series_subject(one.id, interval),))

    def changes(self, event: Event) -> list[Change]:
        """One for the series of the event."""
        return [
            Change(subject=subject, number=event.number, value=_told(*_series(subject), event))
            for subject in event.revisions
            if subject.startswith("candles:")
        ]

    async def snapshot(self, audience: Audience) -> Known:
        """Which of the series have bars."""
        series = {_series(subject): subject for subject in audience.subjects or ()}
        number, found = await newest_bars_at_number(self._services.pool, list(series))
        return Known(
            changes=[
                Change(subject=subject, number=number, value=_Told(instrument_id=one[0], interval=one[1]))
                for one, subject in series.items()
                if one in found
            ],
            number=number,
        )

    async def since(self, number: int, most: int) -> Known | None:
        """What the outbox still has."""
        missed = await self._history.after(self.kind, number, most)
        if missed is None:
            return None
        changes = [change for event in missed.events for change in self.changes(event)]
        return Known(changes=changes, number=missed.number, has_more=missed.has_more)

    async def objects(self, changes: Sequence[Change]) -> list[Any]:
        """Updates, which read what is selected of them; an error in the place of one whose instrument is gone."""
        known = await self._instruments.of({one.value.instrument_id for one in changes})
        for change in changes:
            self._hold(change.value)
        return [
            CandleUpdateType(
                of_instrument=known[told.instrument_id],
                of_interval=told.interval,
                changed=told.changed_from,
                number=change.number,
            )
            if (told := change.value).instrument_id in known
            else NotFound("the instrument is gone")
            for change in changes
        ]

    def _hold(self, told: _Told) -> None:
        """Holds the bar of an event as the newest one of its series, where it only takes that one's place."""
        tiers, series = self._services.tiers, (told.instrument_id, told.interval)
        if told.bar is None or self._services.revisions.of(series_subject(*series)) != told.revision:
            return  # what is read now is newer
        before = tiers.memory(tiers.nouns.newest).get(series, 0, tiers.clock())
        if before is None or before.value is None or before.value.state.body_revision != told.body_revision:
            return
        state = replace(before.value.state, revision=told.revision)
        newest = NewestBar(state=state, bars=_bars(told.bar))
        tiers.hold(tiers.nouns.newest, series, newest, told.revision, tiers.clock())


def _series(subject: str) -> tuple[int, Interval]:
    _, instrument_id, minutes = subject.split(":")
    return int(instrument_id), Interval(int(minutes))


def _told(instrument_id: int, interval: Interval, event: Event) -> _Told:
    body: Mapping[str, Any] = event.body
    return _Told(
        instrument_id=instrument_id,
        interval=interval,
        changed_from=body.get("firstTime"),
        revision=event.revisions[series_subject(instrument_id, interval)],
        body_revision=event.revisions[body_subject(instrument_id, interval)],
        bar=body.get("bar") if body.get("isNewestOnly") else None,
    )


def _bars(bar: Sequence[float | None]) -> Bars:
    """A bar as an event tells it, in which null is what is not known."""
    time, *values = bar
    columns = {name: np.array([np.nan if one is None else one]) for name, one in zip(_VALUES, values, strict=True)}
    return Bars(time=np.array([time], np.int64), **columns)
