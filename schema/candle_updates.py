"""What a stream of candles says: the newest bar of a series, and any window of it."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from resolvers import market
from resolvers.errors import TooLarge
from resolvers.loaders import Loaders
from resolvers.model.event import EventKind
from resolvers.model.instrument import Instrument
from resolvers.model.window import Reach
from schema.bar_fields import BarRow
from schema.candles import Candle, CandleSeriesType
from schema.context import Info
from schema.enums import Interval
from schema.lookahead import reach_of_bar, selected_reach
from schema.market import Hub, hub
from schema.market_costs import CANDLES, NEWEST_BAR

MAX_BARS = 1_000

OfUpdate = Annotated[
    int, strawberry.argument(description="The newest bars, from 1 to 1,000: the one that forms and those before it.")
]


@strawberry.type(
    name="CandleUpdate",
    description="A change of a series. What is selected of it is as a query would show it in that moment, or later.",
)
class CandleUpdateType:
    """
    An update, which reads the series when it is asked for a part of it.

    Attributes:
        changed: Unix seconds.
        number: Of the event, or of the snapshot, that it tells of.
    """

    of_instrument: strawberry.Private[Instrument]
    of_interval: strawberry.Private[Interval]
    changed: strawberry.Private[int | None]
    number: strawberry.Private[int]

    @strawberry.field(description="Whose prices these are.")
    def instrument(self) -> Hub:
        return hub(self.of_instrument)

    @strawberry.field(description="Length of each bar.")
    def interval(self) -> Interval:
        return self.of_interval

    @strawberry.field(
        description=(
            "Start of the oldest bar that this update changed; null with the present state. Where it is older than the"
            " bars that you select, a late or corrected bar has come in, and older bars are to be read again."
        )
    )
    def changed_from(self) -> datetime | None:
        return None if self.changed is None else datetime.fromtimestamp(self.changed, UTC)

    @strawberry.field(description="The newest bar: the one that forms, until `isClosed`.", **NEWEST_BAR)
    async def bar(self, info: Info) -> Candle | None:
        columns = (await self._series(info, 1, reach_of_bar(info, self.of_interval))).bar_columns
        return BarRow(columns, len(columns.window.bars) - 1)

    @strawberry.field(
        description=(
            "The newest bars, with the id that `candles(last:)` of a query has, so that a client's cache updates that."
            " Each bar that closes is seen as long as you read an update for every `last` - 1 of them."
        ),
        **CANDLES,
    )
    async def series(self, info: Info, last: OfUpdate = 2) -> CandleSeriesType | None:
        if last > MAX_BARS:
            raise TooLarge(f"last of a stream is at most {MAX_BARS:,}, was {last:,}")
        return await self._series(info, last, selected_reach(info, self.of_interval))

    async def _series(self, info: Info, last: int, reach: Reach) -> CandleSeriesType:
        loaders = info.context.loaders
        if not loaders.services.events.has_reached({EventKind.CANDLES: self.number}):
            # It was read, or missed, ahead of this process: what is held may be older than the update.
            loaders = Loaders(loaders.services, is_fresh=True)
        window = await market.candles(
            loaders, self.of_instrument, self.of_interval, last=last, start=None, end=None, reach=reach
        )
        return CandleSeriesType.of(window)
