"""
Resolvers without what our fields do not use.

Strawberry calls each resolver through a chain for field extensions, permissions and handlers of exceptions, and looks
up how its arguments are called and converted, for every field of every request: 20 µs of a small one. Here both are
settled when the schema is built, for the fields that have a function and nothing around it.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import GraphQLObjectType, GraphQLResolveInfo
from strawberry.relay.types import GlobalID
from strawberry.scalars import is_scalar
from strawberry.schema import Schema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.types.info import Info

_Conversion: TypeAlias = Callable[[Any, Info], Any] | None
_Argument: TypeAlias = tuple[str, str, _Conversion]


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

    resolve._is_default = False  # type: ignore[attr-defined]
    return resolve


def _argument(argument: StrawberryArgument, converter: GraphQLCoreConverter) -> _Argument:
    """Its name in GraphQL and in Python, and what converts its values; None where they are right as they are."""
    name = converter.config.name_converter.from_argument(argument)
    kind = argument.type

    def converted(value: Any, info: Info) -> Any:
        return convert_argument(value, kind, converter.scalar_registry, converter.config, info, path=(name,))

    return name, argument.python_name or name, None if _is_leaf(kind, converter.scalar_registry) else converted


def _is_leaf(kind: Any, scalars: Mapping[object, Any]) -> bool:
    if isinstance(kind, StrawberryMaybe):
        return False
    while isinstance(kind, StrawberryOptional):
        kind = kind.of_type
    return kind is not GlobalID and (isinstance(kind, StrawberryEnumDefinition) or bool(is_scalar(kind, scalars)))
