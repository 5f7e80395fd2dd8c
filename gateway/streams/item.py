"""Items: what one subject became for one selection, as bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.endpoint.encoding import encoded
from schema.errors import client_error
from schema.items import CompletedItem

NULL = b"null"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Item:
    """
    One item of a list, encoded once for whoever watches it.

    Attributes:
        errors: As clients may see them, with their paths below the item.
        is_null: Whether it nulls what it is in, where null may not be.
        number: Of the event, or of the snapshot, that it shows.
        place: Which of the changes of its event it shows; only of mode ALL.
    """

    body: bytes
    number: int
    errors: Sequence[Mapping[str, Any]] = ()
    is_null: bool = False
    place: int = 0


def item_of(completed: CompletedItem, number: int) -> Item:
    """A completed item as bytes. What nobody foresaw is logged here, once for all who watch it."""
    if not completed.errors and completed.value is not None:
        return Item(body=encoded(completed.value), number=number)
    # They have no places: those would be in the shared text, which no client has seen and no parser has read.
    errors = [{**client_error(error).formatted, "path": path} for path, error in completed.errors]
    if completed.value is None:
        return Item(body=NULL, number=number, errors=errors, is_null=True)
    return Item(body=encoded(completed.value), number=number, errors=errors)


def in_place(item: Item, place: int) -> Item:
    """The same item, as that of one of several changes of its event."""
    return replace(item, place=place) if place else item


def message_body(
    name: str, items: Sequence[Item], told: bytes, *, is_list: bool, root_required: bool, item_required: bool
) -> bytes:
    """
    The execution result of a field, as an execution of the subscriber's own would have been.

    Args:
        name: Of the field in the answer.
        items: Of a field that is no list, the one that it is.
        told: The value of ``extensions.stream``.
    """
    data, errors = b"", b""
    if any(one.errors for one in items) or (item_required and any(one.is_null for one in items)):
        shown, is_nulled = _errors(name, items, is_list=is_list, item_required=item_required)
        errors = b',"errors":' + encoded(shown)
        if is_nulled:
            data = NULL if root_required else b'{"' + name.encode() + b'":null}'
    if not data:
        body = b"[" + b",".join([one.body for one in items]) + b"]" if is_list else items[0].body
        data = b'{"' + name.encode() + b'":' + body + b"}"
    return b'{"data":' + data + errors + b',"extensions":{"stream":' + told + b"}}"


def missing_item(message: str, code: str) -> Item:
    """What a field that is no list says where there is nothing to say it of."""
    return Item(
        body=NULL,
        number=0,
        errors=[{"message": message, "path": (), "extensions": {"code": code}}],
        is_null=True,
    )


def _errors(
    name: str, items: Sequence[Item], *, is_list: bool, item_required: bool
) -> tuple[list[dict[str, Any]], bool]:
    """The errors of a field, at their places in it, and whether one nulls it: then the later ones are not met."""
    errors: list[dict[str, Any]] = []
    for number, item in enumerate(items):
        place = [name, number] if is_list else [name]
        errors += [{**one, "path": [*place, *one["path"]]} for one in item.errors]
        if item.is_null and item_required:
            return errors, True
    return errors, False
