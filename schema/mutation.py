"""The root of all mutations."""

from typing import Annotated

import strawberry

from resolvers.analysis import analyze
from resolvers.published_candles import publish_candles
from resolvers.published_quotes import publish_quotes
from resolvers.published_signals import publish_signals
from schema.analysis import AnalyzePayload
from schema.context import Info
from schema.engine_costs import ANALYZE
from schema.enums import Interval
from schema.instrument import OfInterval
from schema.market_costs import PUBLISH_CANDLES, PUBLISH_QUOTES, PUBLISH_SIGNALS
from schema.publishing import PublishCandlesInput, PublishPayload, PublishQuotesInput
from schema.publishing_signals import PublishSignalsInput


@strawberry.type(description="Everything that can be changed.")
class Mutation:
    """Root fields, executed one after the other. An error nulls its own field alone."""

    @strawberry.mutation(
        description=(
            "Stores bars, and all that follows from them. Repeating it changes nothing."
            " A bad bar is reported by index, and the good ones are stored;"
            " a series that holds bars from another source takes none."
        ),
        **PUBLISH_CANDLES,
    )
    async def publish_candles(
        self,
        info: Info,
        input: Annotated[PublishCandlesInput, strawberry.argument(description="The bars.")],  # noqa: A002
    ) -> PublishPayload | None:
        return PublishPayload.of(await publish_candles(info.context.services, input.items))

    @strawberry.mutation(
        description=(
            "Stores quotes. Repeating it changes nothing."
            " A bad quote is reported by index, and the good ones are stored."
        ),
        **PUBLISH_QUOTES,
    )
    async def publish_quotes(
        self,
        info: Info,
        input: Annotated[PublishQuotesInput, strawberry.argument(description="The quotes.")],  # noqa: A002
    ) -> PublishPayload | None:
        return PublishPayload.of(await publish_quotes(info.context.services, input.items))

    @strawberry.mutation(
        description=(
            "Stores signals of one producer, who may say one anew under its key. Repeating it changes nothing."
            " A bad signal is reported by index, and the good ones are stored."
        ),
        **PUBLISH_SIGNALS,
    )
    async def publish_signals(
        self,
        info: Info,
        input: Annotated[PublishSignalsInput, strawberry.argument(description="The signals.")],  # noqa: A002
    ) -> PublishPayload | None:
        return PublishPayload.of(await publish_signals(info.context.services, input.producer, input.items))

    @strawberry.mutation(
        description=(
            "Makes the signal of each symbol's newest closed bar now, and stores it; the engine would do so by itself a"
            " little later. Repeating it changes nothing. A symbol that no signal can be made of is reported by index:"
            " nothing is ever made up."
        ),
        **ANALYZE,
    )
    async def analyze(
        self,
        info: Info,
        symbols: Annotated[list[str], strawberry.argument(description="Symbols or aliases, in any case; at most 100.")],
        interval: OfInterval = Interval.D1,
    ) -> AnalyzePayload | None:
        return AnalyzePayload.of(await analyze(info.context.services, symbols, interval))
