"""Which fields are read by looking at their object alone."""

from collections.abc import Callable
from inspect import Parameter
from operator import attrgetter
from typing import Any

from graphql import GraphQLField, GraphQLResolveInfo, is_leaf_type
from graphql.type import is_object_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from schema import resolving
from schema.column_plan import nullable

Getter = Callable[[Any], Any]
_NO_GETTER = object()

# Whose resolvers call a field's function and do nothing else.
_RESOLVERS = (GraphQLCoreConverter.__module__, resolving.__name__)


def getter_of(field: GraphQLField) -> Getter | None:
    """
    A function from an object to the value of *field*, if strawberry's resolver does nothing but that.

    That is so for leaf fields and objects without arguments that are plain attributes, or methods which take only the
    object.
    """
    known = field.extensions.get("gateway-getter", _NO_GETTER)
    if known is _NO_GETTER:
        known = field.extensions["gateway-getter"] = _getter(field)
    return known  # type: ignore[no-any-return]


def bound_getter_of(field: GraphQLField, info: GraphQLResolveInfo[Any]) -> Getter | None:
    """A function from an object to the value of *field*, if its method asks nothing of *info* but the context."""
    bound = getattr(field.resolve, "bound", None)
    return bound(info) if bound is not None and _is_one_value(field) else None


def is_by_class(is_type_of: Callable[..., Any]) -> bool:
    """Whether a type's check of an object is strawberry's own: by its class, or by what it was cast to."""
    return getattr(is_type_of, "__module__", None) == GraphQLCoreConverter.__module__


def _is_one_value(field: GraphQLField) -> bool:
    kind = nullable(field.type)
    return is_leaf_type(kind) or is_object_type(kind)


def _getter(field: GraphQLField) -> Getter | None:
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField) or not _is_one_value(field):
        return None
    # Some put a resolver of their own in the place of strawberry's, or a way to get results on a field or its class.
    if getattr(field.resolve, "__module__", None) not in _RESOLVERS:
        return None
    if getattr(definition.get_result, "__func__", None) is not StrawberryField.get_result:
        return None
    if definition.extensions or definition.permission_classes or definition.is_async:
        return None
    resolver = definition.base_resolver
    if resolver is None:
        return attrgetter(definition.python_name) if definition.default_resolver is getattr else None
    parameters = list(resolver.signature.parameters.values())
    if len(parameters) != 1 or parameters[0].kind is not Parameter.POSITIONAL_OR_KEYWORD:
        return None
    function: Any = resolver.wrapped_func
    # Strawberry gives a root by its name, which a decorator may insist on, and a self by position, as is done here.
    by_name = parameters[0].name == "root" and not hasattr(function, "__wrapped__")
    is_object = parameters[0].name == "self" or by_name
    return function if is_object and resolver.info_parameter is None else None
