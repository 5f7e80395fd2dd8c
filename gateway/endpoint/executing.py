"""Executes an operation that was parsed, validated and found affordable."""

from collections.abc import Mapping
from copy import copy
from typing import Any

from graphql import ExecutionResult, GraphQLError, default_field_resolver, default_type_resolver, print_ast
from graphql.execution.collect_fields import FragmentDetails
from strawberry.execution import optimized_is_awaitable
from strawberry.schema import Schema
from strawberry.types import ExecutionContext

from gateway.endpoint.operation import Operation
from schema.execution import ColumnExecutor


class RequestErrors(Exception):
    """Why an operation is not executed; there may be several reasons."""

    def __init__(self, errors: tuple[GraphQLError, ...] | list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


def unlogged(schema: Schema) -> Schema:
    """
    The schema without strawberry's own log of errors, which has each mistake of a client with a traceback.

    One that says itself what it does with errors is returned as it is.
    """
    if type(schema).process_errors is not Schema.process_errors:
        return schema
    quiet = copy(schema)
    quiet.process_errors = _nothing  # type: ignore[method-assign]
    return quiet


def _nothing(errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
    pass


async def execute(
    schema: Schema,
    operation: Operation,
    variables: Mapping[str, Any],
    context: Any,
    root: Any,
) -> ExecutionResult:
    """
    The result of one operation; lists that were completed by column are JSON fragments in it.

    A schema with extensions is executed by strawberry, which runs them.

    Raises:
        RequestErrors: If the variables do not fit the operation, or an extension fails.
    """
    if schema.extensions or schema.directives:
        result = await schema.execute(
            print_ast(operation.document),
            variable_values=dict(variables),
            context_value=context,
            root_value=root,
            operation_name=operation.name,
        )
        if result.data is None and result.errors and all(error.path is None for error in result.errors):
            raise RequestErrors(result.errors)
        return ExecutionResult(result.data, result.errors, result.extensions)
    executed: Any = executor_of(schema, operation, variables, context, root).execute_operation()
    if optimized_is_awaitable(executed):
        executed = await executed
    result_of_operation: ExecutionResult = executed
    return result_of_operation


def executor_of(
    schema: Schema, operation: Operation, variables: Mapping[str, Any], context: Any, root: Any
) -> ColumnExecutor:
    """
    The executor of one operation, made of what is kept with its document instead of the document.

    Raises:
        RequestErrors: If the variables do not fit the operation.
    """
    values = operation.variables.coerced(variables)
    if isinstance(values, list):
        raise RequestErrors(values)
    executor = ColumnExecutor(
        schema._schema,
        dict(operation.fragments),
        {name: FragmentDetails(one) for name, one in operation.fragments.items()},
        root,
        context,
        operation.definition,
        values,
        default_field_resolver,
        default_type_resolver,
        default_field_resolver,
        is_awaitable=optimized_is_awaitable,
    )
    executor.plans = operation.plans
    return executor
