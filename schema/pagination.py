"""Relay connections by key: a cursor names the row that it stands behind, so inserts move nothing."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

import strawberry

from resolvers.errors import BadInput, TooLarge

MAX_PAGE = 500


@strawberry.type(description="Where a page of a connection lies among its neighbours.")
class PageInfo:
    """Relay's page information, forwards only."""

    has_next_page: bool = strawberry.field(description="Whether more follows after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether the page was asked for with `after`.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge; give it as `after`.")


def checked_first(first: int) -> int:
    """
    *first*, if a page may have that size.

    Raises:
        BadInput: If it is negative.
        TooLarge: If it is over the limit.
    """
    if first < 0:
        raise BadInput(f"first must be at least 0, was {first}")
    if first > MAX_PAGE:
        raise TooLarge(f"a page holds at most {MAX_PAGE} items, first was {first}")
    return first


def cursor_of(kind: str, key: str) -> str:
    """The cursor of the row with *key* in connections of *kind*."""
    return urlsafe_b64encode(f"{kind}:{key}".encode()).rstrip(b"=").decode()


def key_of(kind: str, cursor: str | None) -> str | None:
    """
    The key that *cursor* stands for; None for no cursor.

    Raises:
        BadInput: If it is not a cursor of this kind of connection.
    """
    if cursor is None:
        return None
    try:
        found, _, key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
    except (ValueError, binascii.Error):
        found, key = "", ""
    if found != kind or not key or "\0" in key or cursor_of(kind, key) != cursor:
        raise BadInput(f"after must be a cursor of this connection, was {cursor[:80]!r}")
    return key
