"""
Resolvers without what our fields do not use.

Strawberry calls each resolver through a chain for field extensions, permissions and handlers of exceptions, and looks
up how its arguments are called and converted, for every field of every request: 20 µs of a small one. Here both are
settled when the schema is built, for the fields that have a function and nothing around it.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from graphql import GraphQLObjectType, GraphQLResolveInfo
from strawberry.schema import Schema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from schema.conversions import Conversion, conversion_of

_Argument: TypeAlias = tuple[str, str, Conversion | None]


Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def asks_context(resolver: Resolver) -> Resolver:
    """
    Marks a method that uses nothing of its ``info`` but the context: one ``info`` does for all rows of a list.

    It returns what it finds at hand at once, and something to await otherwise, which makes a task for each row.
    """
    resolver.asks_context = True  # type: ignore[attr-defined]
    return resolver


def is_steady(resolver: Resolver) -> Resolver:
    """Marks a method that `asks_context`, and finds the same in every context: nothing that moves bounds its value."""
    resolver.is_steady = True  # type: ignore[attr-defined]
    return resolver


def with_direct_resolvers(schema: Schema) -> Schema:
    """The schema, whose fields call their functions themselves where strawberry would add nothing."""
    converter = schema.schema_converter
    subscription = schema._schema.subscription_type
    for kind in schema._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind is not subscription:
            for field in kind.fields.values():
                definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
                if isinstance(definition, StrawberryField) and _is_direct(definition, converter):
                    field.resolve = _direct(definition, converter)
    return schema


def _is_direct(field: StrawberryField, converter: GraphQLCoreConverter) -> bool:
    resolver = field.base_resolver
    return (
        isinstance(resolver, StrawberryResolver)
        and callable(resolver.wrapped_func)
        and not field.extensions
        and not field.permission_classes
        and not converter._get_field_exception_handlers(field)
        and getattr(field.get_result, "__func__", None) is StrawberryField.get_result
    )


def _direct(field: StrawberryField, converter: GraphQLCoreConverter) -> Callable[..., Any]:
    """Calls the function of *field* as strawberry does."""
    resolver: Any = field.base_resolver
    function = resolver.wrapped_func
    takes_self = bool(resolver.self_parameter)
    sources = [one.name for one in (resolver.parent_parameter, resolver.root_parameter) if one]
    info_name = resolver.info_parameter.name if resolver.info_parameter else None
    arguments = [_argument(one, converter) for one in field.arguments]
    of_info = converter.config.info_class

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
        its_info: Any = of_info(_raw_info=info, _field=field)
        values: dict[str, Any] = {}
        for name, python_name, converted in arguments:
            if name in given:
                value = given[name]
                values[python_name] = value if converted is None else converted(value, its_info)
        for one in sources:
            values[one] = source
        if info_name is not None:
            values[info_name] = its_info
        return function(source, **values) if takes_self else function(**values)

    def bound(info: GraphQLResolveInfo[Any]) -> Callable[[Any], Any]:
        its_info: Any = of_info(_raw_info=info, _field=field)
        return lambda source: function(source, its_info)

    resolve._is_default = False  # type: ignore[attr-defined]
    if takes_self and not arguments and hasattr(function, "asks_context"):
        resolve.bound = bound  # type: ignore[attr-defined]
        if hasattr(function, "is_steady"):
            resolve.is_steady = True  # type: ignore[attr-defined]
    return resolve


def _argument(argument: StrawberryArgument, converter: GraphQLCoreConverter) -> _Argument:
    """Its name in GraphQL and in Python, and what converts its values; None where they are right as they are."""
    name = converter.config.name_converter.from_argument(argument)
    return name, argument.python_name or name, conversion_of(name, argument.type, converter)
