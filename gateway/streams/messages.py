"""The messages of a selection: what many subscribers are sent is written once."""

from collections.abc import Callable, Hashable, Sequence
from typing import Final

from gateway.streams.item import Item, message_body, missing_item
from gateway.streams.message import StreamMessage
from gateway.streams.outbox import Parcel
from gateway.streams.position import Point
from gateway.streams.selection import Selection
from gateway.streams.told import UNAVAILABLE, told

_MOST: Final = 64


class Messages:
    """
    Parcels as messages. Who watches the same, at the same pace, is sent the same bytes.

    Args:
        position_text: Makes the position of a point.
    """

    __slots__ = ("_kept", "_position_text", "_selection")

    def __init__(self, selection: Selection, position_text: Callable[[Point], str]) -> None:
        self._selection = selection
        self._position_text = position_text
        self._kept: dict[Hashable, StreamMessage] = {}

    def of(self, parcel: Parcel, position: str | None, last: Item | None) -> StreamMessage:
        """
        The message of a parcel.

        Args:
            position: Of the message before, for a parcel that does not move it.
            last: The last item that the subscriber was told, for a field that is no list.
        """
        if parcel.is_state or parcel.number is None:
            return self._written(parcel, position, last)
        key = (parcel.number, parcel.part, parcel.skipped, *parcel.items)
        message = self._kept.get(key)
        if message is None:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            message = self._kept[key] = self._written(parcel, position, last)
        return message

    def forget(self) -> None:
        """Drops those of the beat, or of the page, before: nobody is sent them again."""
        self._kept.clear()

    def _written(self, parcel: Parcel, position: str | None, last: Item | None) -> StreamMessage:
        selection = self._selection
        if parcel.number is not None:
            position = self._position_text(Point(parcel.number, parcel.part))
        body = message_body(
            selection.name,
            parcel.items if selection.is_list else _only(parcel, last),
            told(position, skipped=parcel.skipped, reset=parcel.reset, status=parcel.status),
            is_list=selection.is_list,
            root_required=selection.root_required,
            item_required=selection.item_required,
        )
        return StreamMessage(body=body, position=position)


def _only(parcel: Parcel, last: Item | None) -> Sequence[Item]:
    """The one item of a message, which repeats the last one where it only tells a status."""
    if parcel.items:
        return parcel.items
    if last is not None:
        return (last,)
    if parcel.status == UNAVAILABLE:
        return (missing_item("the source of this stream cannot be reached now", "UNAVAILABLE"),)
    return (missing_item("nothing is stored of it", "NOT_FOUND"),)
