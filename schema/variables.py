"""The variables of an operation, coerced anew for each request and looked up in the schema once."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    coerce_input_value,
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
    symbol or a number. Here that is done once, for operations whose variables are all scalars and enums, or lists of
    these; whatever is not regular (a value that does not fit, a default, an object) is graphql-core's.
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
            fitting = _texts(value, signature.type) or coerce_input_value(value, signature.type)
            if fitting is Undefined:
                return None
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = fitting
        return VariableValues(sources, coerced)


def _texts(value: Any, kind: Any) -> list[str] | None:
    """A list of strings for a list of strings, which its items are as they are; None for all else."""
    if type(value) is list and set(map(type, value)) == {str}:
        kind = get_nullable_type(kind)
        if is_list_type(kind) and get_nullable_type(kind.of_type) is GraphQLString:
            return list(value)
    return None


def _is_leaf(signature: GraphQLVariableSignature) -> bool:
    """Whether values are scalars or enums, or lists of these: nothing that could nest too deeply to be coerced."""
    kind = get_nullable_type(signature.type)
    return is_leaf_type(get_nullable_type(kind.of_type) if is_list_type(kind) else kind)
