"""The hub: the one type that leads to everything known of an instrument."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers import market
from resolvers.model.instrument import Instrument
from schema.caching import CacheControl
from schema.candles import CandleSeriesType
from schema.context import Info
from schema.enums import AssetClass, Interval
from schema.insights import INSIGHT, InsightType, instrument_insight
from schema.lookahead import selected_reach
from schema.market import QuoteType
from schema.market_costs import CANDLES, LATEST_SIGNAL, OPPORTUNITY, SIGNALS
from schema.node import Node, global_id
from schema.opportunities import OpportunityType, opportunity_of
from schema.scalars import given, whole_seconds
from schema.signal_pages import SignalAfter, SignalConnection, SignalFirst, SignalWanted, latest_signal
from schema.signals import SignalType

Last = Annotated[int | None, strawberry.argument(description="At most this many bars, the newest of the range.")]
From = Annotated[datetime | None, strawberry.argument(name="from", description="Start of the range, inclusive.")]
To = Annotated[datetime | None, strawberry.argument(name="to", description="End of the range, exclusive.")]
OfInterval = Annotated[Interval, strawberry.argument(description="Length of the bars.")]

WINDOW = (
    "A window of bars: the newest `last` of [`from`, `to`), the last 200 when nothing is given."
    " Fails with `NOT_FOUND` for an interval that is not stored,"
    " with `TOO_LARGE` for more bars than one window may hold."
)


async def candle_series(
    info: Info, instrument: Instrument, interval: Interval, *, last: int | None, start: int | None, end: int | None
) -> CandleSeriesType:
    """A window of bars (in unix seconds), read once with all that the current field's selection needs."""
    return CandleSeriesType.of(
        await market.candles(
            info.context.loaders,
            instrument,
            interval,
            last=last,
            start=start,
            end=end,
            reach=selected_reach(info, interval),
        )
    )


@strawberry.type(
    name="Instrument",
    description="Something with a price, and the way to all that is known of it.",
    directives=[CacheControl(max_age=600)],
)
class InstrumentType(Node):
    """A stored instrument."""

    model: strawberry.Private[Instrument]

    @classmethod
    def of(cls, instrument: Instrument) -> "InstrumentType":
        """*instrument* as a client sees it."""
        return cls(id=global_id("Instrument", instrument.symbol), model=instrument)

    @strawberry.field(description="Its unique symbol.")
    def symbol(self) -> str:
        return self.model.symbol

    @strawberry.field(description="Other spellings under which it is found, such as `BRK-B` for `BRK.B`.")
    def aliases(self) -> list[str]:
        return list(self.model.spec.aliases)

    @strawberry.field(description="What people call it.")
    def name(self) -> str | None:
        return self.model.spec.name

    @strawberry.field(description="What kind of thing it is.")
    def asset_class(self) -> AssetClass:
        return self.model.spec.asset_class

    @strawberry.field(description="Where it is traded, if known.")
    def exchange(self) -> str | None:
        return self.model.spec.exchange

    @strawberry.field(description="What its prices are quoted in.")
    def currency(self) -> str:
        return self.model.spec.currency

    @strawberry.field(description="IANA name of the time zone that its session dates are in.")
    def timezone(self) -> str:
        return self.model.spec.sessions.timezone

    @strawberry.field(description="Smallest step of its price, if known.")
    def tick_size(self) -> float | None:
        return self.model.spec.tick_size

    @strawberry.field(description="Whether it is still traded.")
    def is_active(self) -> bool:
        return self.model.spec.is_active

    @strawberry.field(description="Whether it is made up, its prices included.")
    def is_simulated(self) -> bool:
        return self.model.spec.is_simulated

    @strawberry.field(description="The intervals of which bars are stored, shortest first.")
    async def intervals(self, info: Info) -> list[Interval]:
        return list(await info.context.loaders.intervals.load(self.model.id) or ())

    @strawberry.field(description="Its latest price; null where none is stored.")
    async def quote(self, info: Info) -> QuoteType | None:
        stored = await info.context.loaders.quote.load(self.model.id)
        return None if stored is None else QuoteType.of(self.model, stored)

    @strawberry.field(description=WINDOW, **CANDLES)
    async def candles(
        self,
        info: Info,
        interval: OfInterval = Interval.D1,
        last: Last = strawberry.UNSET,
        from_: From = strawberry.UNSET,
        to: To = strawberry.UNSET,
    ) -> CandleSeriesType | None:
        return await candle_series(
            info, self.model, interval, last=given(last), start=whole_seconds(from_), end=whole_seconds(to)
        )

    @strawberry.field(description="Signals about it, latest bar first, a page at a time.", **SIGNALS)
    async def signals(
        self,
        info: Info,
        first: SignalFirst = 20,
        after: SignalAfter = strawberry.UNSET,
        filter: SignalWanted = strawberry.UNSET,  # noqa: A002
    ) -> SignalConnection | None:
        return await SignalConnection.read(info, first, given(after), given(filter), None, of=self.model)

    @strawberry.field(
        description="The signal of its latest bar of an interval, whatever its status; null where there is none.",
        **LATEST_SIGNAL,
    )
    async def latest_signal(self, info: Info, interval: OfInterval = Interval.D1) -> SignalType | None:
        return await latest_signal(info, self.model, interval)

    @strawberry.field(
        description="Its newest closed bar and its latest signal in words; null for fewer than 50 closed bars. Fails"
        " with `NOT_FOUND` where only other intervals are stored.",
        **INSIGHT,
    )
    async def insight(self, info: Info, interval: OfInterval = Interval.D1) -> InsightType | None:
        return await instrument_insight(info, self.model, interval)

    @strawberry.field(
        description=(
            "What `opportunities` without a filter says of it; null where no active signal of it says `BUY` or `SELL`,"
            " or it is no longer traded."
        ),
        **OPPORTUNITY,
    )
    async def opportunity(self, info: Info) -> OpportunityType | None:
        return await opportunity_of(info, self.model)


@strawberry.type(name="InstrumentEdge", description="An instrument on a page of a connection.")
class InstrumentEdge:
    """A node and its cursor."""

    cursor: str = strawberry.field(description="Where it stands; give it as `after` to continue behind it.")
    node: InstrumentType = strawberry.field(description="The instrument.")
