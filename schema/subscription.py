"""The root of all subscriptions."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from resolvers.analysis import analysis
from schema import market_costs
from schema.analysis import AnalysisProgressType
from schema.candle_updates import CandleUpdateType
from schema.context import Info
from schema.engine_costs import ANALYSIS
from schema.enums import Interval
from schema.instrument import OfInterval
from schema.market import QuoteType
from schema.opportunities import OpportunityFirst, OpportunityType, OpportunityWanted
from schema.signals import SignalFilter, SignalType

OfSymbol = Annotated[str, strawberry.argument(description="Its symbol or an alias, in any case. It does not change.")]
Watched = Annotated[
    list[str], strawberry.argument(description="Symbols or aliases, in any case; at most 500. They do not change.")
]

Wanted = Annotated[
    SignalFilter | None, strawberry.argument(description="Conditions that all must hold when a signal is told.")
]


@strawberry.type(
    description=(
        "Streams. The first message is the present state, then comes what changes; `extensions.stream.id` of a message,"
        " given as `resumeFrom` in the extensions of the next request, continues after it."
    )
)
class Subscription:
    """
    Root fields, each a list of what changed, or the one thing that did.

    The hub executes what is below them, once for all who select the same; their resolvers are never asked, but for
    that of a field which the hub does not have.
    """

    @strawberry.subscription(
        description=(
            "The latest prices of these instruments, first of all that have one, then of those that changed. A client"
            " that reads slowly gets the newest of each, and is told how many changes were `skipped`. Fails with"
            " `NOT_FOUND` where a symbol is unknown."
        ),
        **market_costs.QUOTES,
    )
    async def quotes(self, symbols: Watched) -> AsyncGenerator[list[QuoteType], None]:
        # Whoever executes the schema without a hub hears nothing.
        for nothing in list[list[QuoteType]]():
            yield nothing

    @strawberry.subscription(
        description=(
            "Signals: first the active ones, possibly none, then every one that is new or was changed, in order. None"
            " is left out, also where two look alike; a client that is too far behind is ended with `TOO_SLOW` and the"
            " position to resume from. Fails with `NOT_FOUND` where a symbol is unknown."
        ),
        **market_costs.SIGNAL_STREAM,
    )
    async def signals(self, filter: Wanted = strawberry.UNSET) -> AsyncGenerator[list[SignalType], None]:  # noqa: A002
        for nothing in list[list[SignalType]]():
            yield nothing

    @strawberry.subscription(
        description=(
            "The best opportunities, first as `Query.opportunities` has them, then the whole list whenever a signal"
            " that is new, said anew or withdrawn has changed what is in it, or a rank. What the clock changes comes"
            " with the next such change: `validUntil` of a signal says when it leaves. A client that reads slowly gets"
            " the newest list. Fails with `NOT_FOUND` where a symbol is unknown."
        ),
        **market_costs.OPPORTUNITY_STREAM,
    )
    async def opportunities(
        self,
        first: OpportunityFirst = 10,
        filter: OpportunityWanted = strawberry.UNSET,  # noqa: A002
    ) -> AsyncGenerator[list[OpportunityType], None]:
        for nothing in list[list[OpportunityType]]():
            yield nothing

    @strawberry.subscription(
        description=(
            "The newest bar of a series, first as it is and then whenever a bar of the series has changed, with its"
            " indicators. The newest counts: a client that reads slowly is told how many changes were `skipped`; a bar"
            " that closed among them is in `series(last:)`. Fails with `NOT_FOUND` where the symbol or the interval is"
            " unknown."
        )
    )
    async def candles(
        self, symbol: OfSymbol, interval: OfInterval = Interval.M1
    ) -> AsyncGenerator[CandleUpdateType, None]:
        for nothing in list[CandleUpdateType]():
            yield nothing

    @strawberry.subscription(
        description=(
            "Analyses the newest closed bar of a series for this subscriber: the votes of each family of agents as they"
            " are there, then the signal, which is stored; with that the stream completes. Everything counts. It has no"
            " position to resume from: whoever comes back subscribes anew. Fails with `NOT_FOUND` where the symbol is"
            " unknown or no closed bar is stored, and with `BAD_INPUT` for an interval that the engine does not have."
        ),
        **ANALYSIS,
    )
    async def analysis(
        self, info: Info, symbol: OfSymbol, interval: OfInterval = Interval.D1
    ) -> AsyncGenerator[AnalysisProgressType, None]:
        # Of one subscriber and finite, so no hub has it.
        async with aclosing(analysis(info.context.services, symbol, interval)) as steps:
            async for step in steps:
                yield AnalysisProgressType(step=step)
