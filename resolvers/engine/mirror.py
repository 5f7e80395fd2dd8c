"""The market as a worker holds it: the bars that signals are computed of, brought up to date by the events."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from resolvers.engine.mirrored import MirroredSeries
from resolvers.engine.plan import Plan
from resolvers.model.event import EventKind
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.storage.engine_bars import BarsChanged, StoredSeries, anchors_of, bars_changed_after, series_of
from resolvers.storage.pool import Pool, snapshot
from resolvers.storage.revisions import Place, read_place
from resolvers.storage.series import SeriesKey
from resolvers.storage.spans import Span, bars_of_spans

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_CLEAN = float("inf")
_LEFT = float("-inf")


class Mirror:
    """
    Bars of all series of the intervals of a plan.

    It knows the number of the newest event of candles that it has seen and reads those after it; where one of them is
    not kept any more, or the database has become another one, it reads everything anew. What it holds is of one moment.

    Attributes:
        changed: By market and instrument, from which time on bars have changed since somebody took note of it by
            `noted`, in unix seconds; minus infinity where an instrument has left the market.
    """

    def __init__(self, pool: Pool, plan: Plan) -> None:
        self._pool = pool
        self._plan = plan
        self._place: Place | None = None
        self._series: dict[SeriesKey, MirroredSeries] = {}
        self._at_once = plan.at_once
        self.changed: dict[Market, dict[int, float]] = {
            Market(interval, is_simulated): {} for interval in plan.intervals for is_simulated in (False, True)
        }

    def of(self, interval: Interval) -> Iterator[MirroredSeries]:
        """The series of an interval, by instrument."""
        return (one for key, one in self._series.items() if key[0] is interval)

    def in_market(self, market: Market) -> Iterator[MirroredSeries]:
        """Those of its instruments that belong to a market."""
        return (one for one in self.of(market.interval) if one.stored.is_simulated is market.is_simulated)

    def find(self, key: SeriesKey) -> MirroredSeries | None:
        """A series, if it was there."""
        return self._series.get(key)

    def closing_next(self, now: float) -> float:
        """When the next newest bar of a series is over that forms at *now* (unix seconds); infinite where none does."""
        return min((one.closes_at for one in self._series.values() if one.closes_at > now), default=_CLEAN)

    def noted(self, market: Market) -> None:
        """Lets `changed` begin anew."""
        self.changed[market] = {}

    async def refresh(self) -> bool:
        """
        Reads what has changed; whether anything has.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        async with snapshot(self._pool) as one:
            place, before = await read_place(one), self._place
            if before is not None and place == before:
                return False
            changes = None
            if before is not None and before.origin == place.origin:
                changes = await bars_changed_after(
                    one, before.position[EventKind.CANDLES], place.position[EventKind.CANDLES]
                )
            # Until it is read to its end, nobody knows what is held.
            self._place = None
            if changes is None or before is None:
                for held in self._series.values():
                    self._touch(held.stored, _LEFT)
                self._series.clear()
                await self._take_over(one, await series_of(one, self._plan.intervals), {})
                has_changed = True
            else:
                has_changed = await self._follow(one, before, place, changes)
            self._place = place
        return has_changed

    async def _follow(self, one: "Connection", before: Place, place: Place, changes: Sequence[BarsChanged]) -> bool:
        ours = [change for change in changes if change.key[0] in self._plan.intervals]
        kind = EventKind.INSTRUMENTS
        if not ours and before.position[kind] == place.position[kind]:
            return False
        first: dict[SeriesKey, int] = {}
        for change in ours:
            first[change.key] = min(change.first, first.get(change.key, change.first))
            if change.key in self._series:
                self._series[change.key].note(change)
        await self._take_over(one, await series_of(one, self._plan.intervals), first)
        return True

    async def _take_over(
        self, one: "Connection", stored: Sequence[StoredSeries], first: Mapping[SeriesKey, int]
    ) -> None:
        """Reads the bars of new series, and of those that have changed from *first* on."""
        for gone in self._series.keys() - {series.key for series in stored}:
            self._touch(self._series.pop(gone).stored, _LEFT)
        for interval in self._plan.intervals:
            new: list[StoredSeries] = []
            changed: list[StoredSeries] = []
            for series in stored:
                held = self._series.get(series.key)
                if series.interval is not interval:
                    continue
                if held is not None and held.stored.market != series.market:
                    self._touch(held.stored, _LEFT)
                if held is None:
                    new.append(series)
                elif series.key in first:
                    changed.append(series)
                elif series != held.stored:
                    held.rename(series)
            for part in _parts(new, self._at_once):
                await self._load(one, interval, part)
            for part in _parts(changed, 8 * self._at_once):
                await self._reload(one, interval, part, first)

    async def _load(self, one: "Connection", interval: Interval, series: Sequence[StoredSeries]) -> None:
        ids = [stored.instrument_id for stored in series if stored.last_time is not None]
        anchors = await anchors_of(one, interval, ids, self._plan.history)
        spans = [Span(instrument_id=number, start=since) for number, since in anchors.items()]
        bars = dict(zip(anchors, await bars_of_spans(one, interval, spans), strict=True))
        for stored in series:
            if stored.instrument_id in bars:
                held = MirroredSeries(stored, bars[stored.instrument_id], anchors[stored.instrument_id])
                self._series[stored.key] = held
                self._touch(stored, float(held.bars.time[0]) if len(held.bars) else _CLEAN)

    async def _reload(
        self, one: "Connection", interval: Interval, series: Sequence[StoredSeries], first: Mapping[SeriesKey, int]
    ) -> None:
        since = [max(first[stored.key], self._series[stored.key].anchor) for stored in series]
        spans = [
            Span(instrument_id=stored.instrument_id, start=start) for stored, start in zip(series, since, strict=True)
        ]
        for stored, start, bars in zip(series, since, await bars_of_spans(one, interval, spans), strict=True):
            self._series[stored.key].replace(stored, start, bars)
            self._touch(stored, first[stored.key])

    def _touch(self, stored: StoredSeries, time: float) -> None:
        changed, number = self.changed[stored.market], stored.instrument_id
        changed[number] = min(time, changed.get(number, time))


def _parts(series: Sequence[StoredSeries], size: int) -> Iterable[Sequence[StoredSeries]]:
    return (series[start : start + size] for start in range(0, len(series), size))
