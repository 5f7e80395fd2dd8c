"""The same operation by graphql-core's own executor and by ours."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, parse, validate
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable

from schema.execution import ColumnExecutor
from schema.plans import Plans


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
        AssertionError: If the operation is not valid, or its variables do not fit.
    """
    document = parse(text) if isinstance(text, str) else text
    assert not validate(schema, document), (text, validate(schema, document))
    executor: Any = kind.build(
        schema,
        document,
        context_value=context,
        raw_variable_values=dict(variables),
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
    )
    assert not isinstance(executor, list), (text, variables, executor)
    if plans is not None:
        executor.plans = plans
    result: Any = executor.execute_operation()
    if optimized_is_awaitable(result):
        result = await result
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
