"""A strawberry schema whose subscriptions are streamed by a hub, and whose rows may hold anything."""

from collections.abc import AsyncGenerator
from datetime import datetime

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.throttle import with_throttle
from schema.whole import WHOLE
from tests.schema.odd_schema import Either, LongerRow, Named, Odd, Other, Query, Row, _moment, _odd


@strawberry.input
class Range:
    """An argument with fields."""

    low: int = 0
    high: int | None = None


@strawberry.type
class Subscription:
    """What changed, most often as a list; the hub never asks these resolvers."""

    @strawberry.subscription
    async def rows(self, names: list[str]) -> AsyncGenerator[list[Row], None]:
        yield []

    @strawberry.subscription
    async def some_rows(
        self, names: list[str], within: Range | None = None, first: int = 3
    ) -> AsyncGenerator[list[Row | None] | None, None]:
        yield []

    @strawberry.subscription
    async def must_rows(self, names: list[str]) -> AsyncGenerator[list[Row] | None, None]:
        yield []

    @strawberry.subscription
    async def named(self, names: list[str]) -> AsyncGenerator[list[Named | None], None]:
        yield []

    @strawberry.subscription
    async def either(self, names: list[str]) -> AsyncGenerator[list[Either] | None, None]:
        yield []

    @strawberry.subscription
    async def every_row(
        self, names: list[str] | None = None, like: str | None = None
    ) -> AsyncGenerator[list[Row], None]:
        yield []

    @strawberry.subscription
    async def every_odd(
        self, names: list[str] | None = None, like: str | None = None
    ) -> AsyncGenerator[list[Row | None] | None, None]:
        yield []

    @strawberry.subscription
    async def single(self, names: list[str]) -> AsyncGenerator[Row, None]:
        yield Row(name="nobody's")

    @strawberry.subscription
    async def maybe_single(self, names: list[str]) -> AsyncGenerator[Row | None, None]:
        yield None

    @strawberry.subscription(metadata={WHOLE: True})  # type: ignore[untyped-decorator]
    async def whole_rows(self, names: list[str]) -> AsyncGenerator[list[Row], None]:
        yield []

    @strawberry.subscription(metadata={WHOLE: True})  # type: ignore[untyped-decorator]
    async def maybe_whole(self, names: list[str]) -> AsyncGenerator[list[Row | None] | None, None]:
        yield None

    @strawberry.subscription
    async def one(self, names: list[str]) -> AsyncGenerator[Row, None]:
        yield Row(name="no list")


LIVE = with_throttle(
    strawberry.Schema(
        query=Query,
        subscription=Subscription,
        types=(LongerRow, Other),
        config=StrawberryConfig(
            scalar_map={
                Odd: strawberry.scalar(name="Odd", serialize=_odd),
                datetime: strawberry.scalar(name="DateTime", serialize=_moment),
            }
        ),
    )
)._schema
