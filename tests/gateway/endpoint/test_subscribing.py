"""Subscriptions of any strawberry schema, event by event."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError

from gateway.endpoint.documents import Documents
from gateway.endpoint.executing import RequestErrors, unlogged
from gateway.endpoint.subscribing import subscribe
from resolvers.errors import NotFound
from schema.limits import Limits
from tests.gateway.endpoint.streamed import Counted, Gates, Mutation, Query, Subscription


@strawberry.type
class Sources:
    """Sources that cannot be had."""

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        """Raises before its first event."""
        for number in range(2):
            if not number:
                raise NotFound("no instrument ZZZZ")
            yield number

    @strawberry.subscription
    async def many(self) -> AsyncGenerator[list[int], None]:
        """An event that is a list."""
        yield [1, 2, 3]


async def _results(
    query: str, subscription: type = Subscription, *, extended: bool = False, **variables: Any
) -> list[Any]:
    """The data of each result, or the messages of its errors."""
    schema = strawberry.Schema(Query, Mutation, subscription, extensions=[Counted] if extended else [])
    operation = Documents(schema._schema, Limits()).get(query).operation()
    contexts = iter(range(1, 100))

    async def context() -> dict[str, Any]:
        return {"number": next(contexts), "gates": Gates()}

    results = subscribe(unlogged(schema), operation, variables, context, None)
    return [[error.message for error in result.errors] if result.errors else result.data async for result in results]


@pytest.mark.parametrize("extended", [False, True])
async def test_each_event_has_a_new_context(extended: bool) -> None:
    """The operation has the first, its source to the end; the resolvers of one event share theirs."""
    assert await _results("subscription { readings { number context loaderContext } }", extended=extended) == [
        {"readings": {"number": 1, "context": 2, "loaderContext": 2}},
        {"readings": {"number": 1, "context": 3, "loaderContext": 3}},
    ]


@pytest.mark.parametrize("extended", [False, True])
async def test_variables_that_do_not_fit_are_refused(extended: bool) -> None:
    """Before there is a source."""
    with pytest.raises(RequestErrors):
        await _results("subscription($to: Int!) { count(to: $to) }", extended=extended, to="x")


async def test_what_a_source_raises_is_raised() -> None:
    """For whoever knows how to tell a client."""
    with pytest.raises(NotFound):
        await _results("subscription { refused }", Sources)


async def test_without_a_source_there_is_nothing_to_stream() -> None:
    """The reason is that of the resolver."""

    @strawberry.type
    class Sourceless:
        @strawberry.subscription
        async def number(self) -> AsyncGenerator[int, None]:
            yield 1

    schema = strawberry.Schema(Query, subscription=Sourceless)

    async def refuse(*_: Any, **__: Any) -> Any:
        raise NotFound("no instrument ZZZZ")

    schema._schema.subscription_type.fields["number"].subscribe = refuse  # type: ignore[union-attr]
    operation = Documents(schema._schema, Limits()).get("subscription { number }").operation()

    async def context() -> None:
        return None

    with pytest.raises(RequestErrors) as refused:
        await anext(subscribe(schema, operation, {}, context, None))
    (error,) = refused.value.errors
    assert isinstance(error, GraphQLError)
    assert isinstance(error.original_error, NotFound)


async def test_lists_are_completed_as_of_queries() -> None:
    """Aliases, fragments and all."""
    query = "subscription { ...A } fragment A on Sources { other: many }"
    assert await _results(query, Sources) == [{"other": [1, 2, 3]}]


@pytest.mark.parametrize("extended", [False, True])
async def test_a_source_is_closed_with_its_results(extended: bool) -> None:
    """Whoever wants no more of it ends it at once."""
    schema = strawberry.Schema(Query, Mutation, Subscription, extensions=[Counted] if extended else [])
    operation = Documents(schema._schema, Limits()).get("subscription { waiting }").operation()
    gates = Gates()

    async def context() -> dict[str, Any]:
        return {"gates": gates}

    results = subscribe(schema, operation, {}, context, None)
    await anext(results)
    await results.aclose()
    assert gates.noted == ["closed"]
