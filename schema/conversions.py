"""From what graphql-core coerces to what resolvers take: how each argument is converted, settled once."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, TypeAlias

import strawberry
from strawberry.relay.types import GlobalID
from strawberry.scalars import is_scalar
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.info import Info

Conversion: TypeAlias = Callable[[Any, Info], Any]
_Own: TypeAlias = Callable[[Any], Any]


class _OddError(Exception):
    """A type whose values are for strawberry to convert."""


def conversion_of(name: str, kind: Any, converter: GraphQLCoreConverter) -> Conversion | None:
    """
    What converts values of the argument *name* of type *kind* as strawberry does; None where they are right as is.

    Strawberry looks up names and types of the fields of an input object for each value. Of leaves, lists and input
    objects made of these it is known beforehand; all else is left to it.
    """
    try:
        own = _own(kind, converter, ())
    except _OddError:
        return lambda value, info: convert_argument(
            value, kind, converter.scalar_registry, converter.config, info, path=(name,)
        )
    return None if own is None else lambda value, _: own(value)


def _own(kind: Any, converter: GraphQLCoreConverter, within: tuple[Any, ...]) -> _Own | None:
    """
    The conversion of values of a type that stands *within* other ones; None where there is nothing to do.

    Raises:
        _OddError: If some of it is for strawberry.
    """
    if isinstance(kind, StrawberryMaybe):
        raise _OddError
    if isinstance(kind, StrawberryOptional):
        return _own(kind.of_type, converter, within)
    if kind is not GlobalID and (
        isinstance(kind, StrawberryEnumDefinition) or is_scalar(kind, converter.scalar_registry)
    ):
        return None
    if isinstance(kind, StrawberryList):
        return _list(_own(kind.of_type, converter, within))
    if not has_object_definition(kind) or kind in within:
        raise _OddError
    definition = kind.__strawberry_definition__
    if not definition.is_input or definition.from_input is not None:
        raise _OddError
    return _object(
        kind,
        [one.python_name for one in definition.fields if one.default_value is one.default_factory is MISSING],
        {
            converter.config.name_converter.from_field(one): (
                one.python_name,
                _own(one.resolve_type(type_definition=definition), converter, (*within, kind)),
            )
            for one in definition.fields
        },
    )


def _list(item: _Own | None) -> _Own:
    """Copies lists, whose items may be converted: a default is the same object for each request."""

    def converted(value: Any) -> Any:
        if value is None or value is strawberry.UNSET:
            return value
        return list(value) if item is None else [item(one) for one in value]

    return converted


def _object(kind: type, required: list[str], fields: Mapping[str, tuple[str, _Own | None]]) -> _Own:
    """
    Makes input objects.

    Args:
        required: Python names of what has no default in Python, and is None where it is not given.
        fields: By their names in GraphQL: their names in Python, and what converts their values.
    """

    def converted(value: Any) -> Any:
        if value is None or value is strawberry.UNSET:
            return value
        given: dict[str, Any] = dict.fromkeys(required)
        for name, one in value.items():
            python_name, own = fields[name]
            given[python_name] = one if own is None else own(one)
        return kind(**given)

    return converted
