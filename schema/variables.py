"""The variables of an operation, coerced anew for each request and looked up in the schema once."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    coerce_input_value,
    get_named_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.type import get_nullable_type, is_non_null_type


class Variables:
    """
    What an operation declares.

    graphql-core finds the type of each variable in the schema for every request, which takes longer than coercing a
    symbol or a number. Here that is done once, for operations whose variables are all scalars and enums; whatever is
    not regular (a value that does not fit, a default, a list or an object) is graphql-core's.
    """

    __slots__ = ("_definitions", "_leaves", "_schema")

    def __init__(self, schema: GraphQLSchema, definition: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = definition.variable_definitions or ()
        signatures = [get_variable_signature(schema, one) for one in self._definitions]
        self._leaves = [one for one in signatures if isinstance(one, GraphQLVariableSignature) and _is_leaf(one)]

    def coerced(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values of the variables, or why those *given* do not fit."""
        if len(self._leaves) == len(self._definitions):
            values = self._regular(given)
            if values is not None:
                return values
        return get_variable_values(self._schema, self._definitions, dict(given))

    def _regular(self, given: Mapping[str, Any]) -> VariableValues | None:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature in self._leaves:
            name = signature.name
            value = given.get(name, Undefined)
            if value is Undefined:
                if signature.default is not None or is_non_null_type(signature.type):
                    return None
                sources[name] = VariableValueSource(signature)
                continue
            fitting = coerce_input_value(value, signature.type)
            if fitting is Undefined:
                return None
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = fitting
        return VariableValues(sources, coerced)


def _is_leaf(signature: GraphQLVariableSignature) -> bool:
    nullable = get_nullable_type(signature.type)
    return not is_list_type(nullable) and is_leaf_type(get_named_type(nullable))
