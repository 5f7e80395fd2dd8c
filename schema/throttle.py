"""``@throttle``: how often a subscriber wants to hear."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLInt,
    GraphQLNonNull,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues, get_directive_values
from strawberry.schema import Schema

from resolvers.errors import BadInput

_LONGEST_MS = 3_600_000

THROTTLE: Final = GraphQLDirective(
    name="throttle",
    locations=[DirectiveLocation.SUBSCRIPTION],
    args={
        "ms": GraphQLArgument(
            GraphQLNonNull(GraphQLInt), description="Milliseconds between two messages, at least; up to 3,600,000."
        )
    },
    description=(
        "How often a subscription sends, at most. What changes in between is told as the field has it: the newest value"
        " with the number of those that were skipped, or everything at once."
    ),
)


def throttle_seconds(operation: OperationDefinitionNode, values: VariableValues) -> float:
    """
    The least time between two messages that *operation* asks for; 0 where it does not.

    Raises:
        BadInput: If it is negative or longer than an hour.
    """
    given: Mapping[str, Any] | None = get_directive_values(THROTTLE, operation, values)
    if given is None:
        return 0.0
    if not 0 <= given["ms"] <= _LONGEST_MS:
        raise BadInput(f"ms of @throttle must be from 0 to {_LONGEST_MS:,}, was {given['ms']}")
    return float(given["ms"]) / 1000


def with_throttle(schema: Schema) -> Schema:
    """
    The schema with @throttle.

    It is added behind strawberry's back, which would execute every operation of a schema with directives in its own
    way, for directives that change what a field returns.
    """
    schema._schema.directives = (*schema._schema.directives, THROTTLE)
    return schema
