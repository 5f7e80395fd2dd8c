"""What a process that computes signals reads of the market, and what it reads again when that has changed."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.compute.engine.anchors import anchor
from resolvers.model.event import EventKind
from resolvers.model.instrument import AssetClass
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.model.session import SessionCalendar
from resolvers.storage.outbox import decoded, rows_after
from resolvers.storage.series import SeriesKey

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_MOST_EVENTS = 50_000
# Events between two of which others may do something.
_AT_ONCE = 50
_SUBJECT = "candles:"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSeries:
    """
    A series without its bars.

    Attributes:
        calendar: When the instrument's day ends.
        trades_daily: Whether it also trades on weekends.
        is_simulated: Whether its prices are made up.
        last_time: Of its newest bar, in unix seconds; None while it has none.
    """

    instrument_id: int
    interval: Interval
    symbol: str
    calendar: SessionCalendar
    trades_daily: bool
    is_simulated: bool
    revision: int
    body_revision: int
    last_time: int | None

    @property
    def key(self) -> SeriesKey:
        """What finds it."""
        return self.interval, self.instrument_id

    @property
    def market(self) -> Market:
        """Whom it is compared with, and learns from."""
        return Market(self.interval, self.is_simulated)


@dataclass(frozen=True, kw_only=True, slots=True)
class BarsChanged:
    """An event of candles: bars of a series from *first* on (unix seconds) are others since *revision*."""

    key: SeriesKey
    revision: int
    first: int


async def series_of(one: "Connection", intervals: Collection[Interval]) -> list[StoredSeries]:
    """All series of these intervals."""
    rows = await one.fetch(
        "SELECT s.instrument_id, s.bar_minutes, i.symbol, i.timezone, i.roll_minutes, i.asset_class, i.is_simulated,"
        " s.revision, s.body_revision, extract(epoch FROM s.last_time)::bigint AS last_time"
        " FROM series AS s JOIN instruments AS i ON i.id = s.instrument_id"
        " WHERE s.bar_minutes = ANY($1::smallint[]) ORDER BY s.bar_minutes, s.instrument_id",
        [interval.value for interval in intervals],
    )
    return [
        StoredSeries(
            instrument_id=row["instrument_id"],
            interval=Interval(row["bar_minutes"]),
            symbol=row["symbol"],
            calendar=SessionCalendar(timezone=row["timezone"], roll_minutes=row["roll_minutes"]),
            trades_daily=row["asset_class"] == AssetClass.CRYPTO.value,
            is_simulated=row["is_simulated"],
            revision=row["revision"],
            body_revision=row["body_revision"],
            last_time=row["last_time"],
        )
        for row in rows
    ]


async def anchors_of(
    one: "Connection", interval: Interval, instrument_ids: Sequence[int], history: int
) -> dict[int, int | None]:
    """
    Whence the bars of series are read, of whose last *history* bars signals are wanted, in unix seconds.

    None is the first stored bar. A series without bars is not there.
    """
    if interval >= Interval.H1:
        return dict.fromkeys(instrument_ids)
    rows = await one.fetch(
        "SELECT w.id, extract(epoch FROM min(b.time))::bigint AS first FROM unnest($1::int[]) AS w (id)"
        " CROSS JOIN LATERAL (SELECT time FROM candles WHERE instrument_id = w.id AND bar_minutes = $2"
        # The newest bar may still form, and is not counted then.
        "  ORDER BY time DESC LIMIT $3 + 1) AS b GROUP BY w.id",
        list(instrument_ids),
        interval.value,
        history,
    )
    return {row["id"]: anchor(interval, row["first"]) for row in rows}


async def bars_changed_after(one: "Connection", number: int, newest: int) -> list[BarsChanged] | None:
    """What the events of candles after *number* say, up to *newest*; None where one of them is not kept any more."""
    if number == newest:
        return []
    if not number < newest <= number + _MOST_EVENTS:
        return None
    rows = await rows_after(one, EventKind.CANDLES, number, limit=_MOST_EVENTS)
    if [row[0] for row in rows] != list(range(number + 1, newest + 1)):
        return None
    found = []
    for place, content in rows:
        if place % _AT_ONCE == 0:
            await asyncio.sleep(0)
        event = decoded(EventKind.CANDLES, place, content)
        for subject, revision in event.revisions.items():
            if subject.startswith(_SUBJECT):
                instrument_id, minutes = map(int, subject.removeprefix(_SUBJECT).split(":"))
                key = Interval(minutes), instrument_id
                found.append(BarsChanged(key=key, revision=revision, first=event.body["firstTime"]))
    return found
