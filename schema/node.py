"""Ids that name any object, and the interface of all that have one."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

import orjson
import strawberry

from resolvers.errors import BadInput
from schema.caching import CacheControl


@strawberry.interface(
    description="Anything that can be fetched again by its id.", directives=[CacheControl(max_age=300)]
)
class Node:
    """Base of every type with a global id."""

    id: strawberry.ID = strawberry.field(
        description="Opaque, stable and unique among all types; give it to `node` to fetch the object again."
    )


# Each event of a quote has the ids of the quote and of its instrument, which stay the same.
@lru_cache(maxsize=4096, typed=True)
def global_id(kind: str, *parts: str | int | None) -> strawberry.ID:
    """The id of an object of type *kind* that *parts* tell from others of its type."""
    return _written(kind, *parts)


def _written(kind: str, *parts: str | int | None) -> strawberry.ID:
    return strawberry.ID(urlsafe_b64encode(orjson.dumps([kind, *parts])).rstrip(b"=").decode())


def parsed_id(text: str) -> tuple[str, list[str | int | None]]:
    """
    The type and the parts of a global id.

    Raises:
        BadInput: If *text* is not an id of this API.
    """
    try:
        kind, *parts = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, binascii.Error):
        kind, parts = None, []
    # Told apart before they are encoded again: what nests deeply can be read, but not written.
    is_flat = isinstance(kind, str) and all(part is None or isinstance(part, str | int) for part in parts)
    # Not kept: it may be as long as a client likes.
    if is_flat and _written(kind, *parts) == text:
        return kind, parts
    raise BadInput(f"an id that this API gave out was expected, was {text[:80]!r}")
