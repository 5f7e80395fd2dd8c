"""The same operation by graphql-core's own executor and by ours."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any

import orjson
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, parse, validate
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable

from schema.execution import ColumnExecutor
from schema.plans import Plans
from schema.unbegun import close_unbegun


class Seen:
    """Tells what is to be awaited, and knows each coroutine that it was asked of."""

    def __init__(self) -> None:
        self._coroutines: list[CoroutineType[Any, Any, Any]] = []

    def __call__(self, value: Any) -> bool:
        """Whether *value* is to be awaited."""
        if type(value) is CoroutineType:
            self._coroutines.append(value)
        return optimized_is_awaitable(value)

    @property
    def unbegun(self) -> "list[CoroutineType[Any, Any, Any]]":
        """Those that nobody has awaited or closed."""
        return [one for one in self._coroutines if getcoroutinestate(one) == CORO_CREATED]


async def settle(executor: Executor[Any], seen: Seen) -> None:
    """
    Waits for what an execution does in the background.

    graphql-core's own executor leaves coroutines behind (`schema.unbegun`), of which Python would warn later, in some
    other test. They are closed here, as it is only compared with.

    Raises:
        AssertionError: If another executor leaves some behind.
    """
    while executor.background_futures:
        await asyncio.wait(list(executor.background_futures))
    left = seen.unbegun
    close_unbegun(left)
    assert type(executor) is Executor or not left, left


async def executed(
    kind: type[Executor[Any]],
    schema: GraphQLSchema,
    text: str | DocumentNode,
    variables: Mapping[str, Any],
    context: Any,
    plans: Plans | None = None,
) -> tuple[bytes, list[tuple[str, list[str | int] | None, list[tuple[int, int]]]]]:
    """
    Data as JSON, and of each error the message, the path and the places.

    Raises:
        AssertionError: If the operation is not valid, its variables do not fit, or coroutines of ours are left behind.
    """
    document = parse(text) if isinstance(text, str) else text
    assert not validate(schema, document), (text, validate(schema, document))
    seen = Seen()
    executor: Any = kind.build(
        schema,
        document,
        context_value=context,
        raw_variable_values=dict(variables),
        is_awaitable=seen,  # type: ignore[arg-type]
    )
    assert not isinstance(executor, list), (text, variables, executor)
    if plans is not None:
        executor.plans = plans
    result: Any = executor.execute_operation()
    if optimized_is_awaitable(result):
        result = await result
    await settle(executor, seen)
    assert isinstance(result, ExecutionResult)
    return orjson.dumps(result.data), [
        (error.message, error.path, [(one.line, one.column) for one in error.locations or ()])
        for error in result.errors or ()
    ]


async def assert_no_difference(schema: GraphQLSchema, text: str, context: Any, **variables: Any) -> bytes:
    """The data as JSON, when both say the same: equal text, equal errors in equal order."""
    stock = await executed(Executor, schema, text, variables, context)
    ours = await executed(ColumnExecutor, schema, text, variables, context)
    assert ours == stock, text
    return ours[0]


async def assert_no_difference_again(
    schema: GraphQLSchema, text: str, context: Any, given: Sequence[Mapping[str, Any]]
) -> None:
    """As above, for one document that is executed with one set of variables after the other."""
    document, plans = parse(text), Plans()
    for variables in given:
        stock = await executed(Executor, schema, document, variables, context)
        assert await executed(ColumnExecutor, schema, document, variables, context, plans) == stock, (text, variables)


async def assert_same_answers(
    schema: GraphQLSchema, text: str, new_context: Callable[[], Any], **variables: Any
) -> None:
    """As above with a context for each, for what waits for a database: its errors come in any order."""
    stock = await executed(Executor, schema, text, variables, new_context())
    ours = await executed(ColumnExecutor, schema, text, variables, new_context())
    assert ours[0] == stock[0], text
    assert sorted(ours[1], key=repr) == sorted(stock[1], key=repr), text
