"""Lists that a subscription tells as a whole, because what they hold and in which order is one thing."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import GraphQLField, get_nullable_type, is_list_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

WHOLE: Final = "whole"
"""The key of a subscription field's metadata that says that each message has all of its list."""


def is_item_list(field: GraphQLField) -> bool:
    """Whether a message has some items of a field; otherwise it has all of it, be that an object or a list."""
    definition = (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
    metadata: Mapping[str, Any] = getattr(definition, "metadata", None) or {}
    return is_list_type(get_nullable_type(field.type)) and not metadata.get(WHOLE)
