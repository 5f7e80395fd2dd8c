"""Executes a subscription that was parsed, validated and found affordable, each event with a context of its own."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from copy import copy
from typing import Any

from graphql import ExecutionResult, create_source_event_stream, print_ast
from strawberry.execution import optimized_is_awaitable
from strawberry.schema import Schema

from gateway.endpoint.executing import RequestErrors, executor_of
from gateway.endpoint.operation import Operation

NewContext = Callable[[], Awaitable[Any]]


async def subscribe(
    schema: Schema, operation: Operation, variables: Mapping[str, Any], context: NewContext, root: Any
) -> AsyncGenerator[ExecutionResult, None]:
    """
    The results of a subscription.

    Args:
        context: Called for the operation, whose source has this context to its end, and again for each event.

    Raises:
        RequestErrors: If the variables do not fit the operation, there is no source, or an extension fails. What the
            source raises is raised as it is.
    """
    if schema.extensions or schema.directives:
        results = _by_strawberry(schema, operation, variables, context, root)
    else:
        results = _by_events(schema, operation, variables, context, root)
    try:
        async for result in results:
            yield result
    finally:
        await results.aclose()


async def _by_events(
    schema: Schema, operation: Operation, variables: Mapping[str, Any], context: NewContext, root: Any
) -> AsyncGenerator[ExecutionResult, None]:
    executor = executor_of(schema, operation, variables, await context(), root)
    source: Any = create_source_event_stream(executor)
    if optimized_is_awaitable(source):
        source = await source
    if isinstance(source, ExecutionResult):
        raise RequestErrors(source.errors or [])
    try:
        async for payload in source:
            event: Any = executor.build_per_event_executor(payload)
            event.context_value = await context()
            result = event.execute_operation()
            yield await result if optimized_is_awaitable(result) else result
    finally:
        await _close(source)


async def _by_strawberry(
    schema: Schema, operation: Operation, variables: Mapping[str, Any], context: NewContext, root: Any
) -> AsyncGenerator[ExecutionResult, None]:
    """As strawberry has it, which runs the schema's extensions, but for the context of each event."""
    renewing = copy(schema)
    # A class of its own for this operation: strawberry gives its executor no other way to know the function.
    renewing.execution_context_class = type("Renewing", (_Renewing, schema.execution_context_class), {"renew": context})
    results: Any = await renewing.subscribe(
        print_ast(operation.document),
        variable_values=dict(variables),
        context_value=await context(),
        root_value=root,
        operation_name=operation.name,
    )
    try:
        async for result in results:
            if result.data is None and result.errors and all(error.path is None for error in result.errors):
                raise RequestErrors(result.errors)
            yield ExecutionResult(result.data, result.errors, result.extensions)
    finally:
        await results.aclose()


class _Renewing:
    """An executor that begins each event with a new context."""

    renew: Any
    context_value: Any

    async def execute_operation(self, serially: bool | None = None) -> Any:
        """The result of one event."""
        # Read from the class, so that it is not taken for a method.
        self.context_value = await type(self).renew()
        result = super().execute_operation(serially)  # type: ignore[misc]
        return await result if optimized_is_awaitable(result) else result


async def _close(source: AsyncIterable[Any]) -> None:
    """Ends a source, if it is one that can be ended."""
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()
