"""What waits for a subscriber that needs every item."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from gateway.streams.item import Item
from gateway.streams.outbox import BESIDE, OutboxFull, Parcel, size_of
from gateway.streams.position import Point

# From which size on a message is long enough.
_MESSAGE_BYTES: Final = 100_000


class AllOutbox:
    """
    Every item, in order.

    Items leave together, but not those of which one would null the others, and no more than make a long message.

    Args:
        most_bytes: Of the items that wait.
        nulls: Whether an item that is null takes the others of its message with it.
    """

    __slots__ = ("_most_bytes", "_nulls", "_queue", "_size")

    def __init__(self, *, most_bytes: int, nulls: bool) -> None:
        self._most_bytes = most_bytes
        self._nulls = nulls
        # Each item with the point after it, where that is not told by what follows.
        self._queue: deque[Parcel | tuple[Item, Point | None]] = deque()
        self._size = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take."""
        return not self._queue

    @property
    def size_bytes(self) -> int:
        """Of the items that wait."""
        return self._size

    def put(self, subject: str, item: Item, events: int, number: int) -> None:
        """Appends an item."""
        self._size += len(item.body) + BESIDE
        if self._size > self._most_bytes:
            raise OutboxFull
        self._queue.append((item, None))

    def open(self, subjects: Sequence[str], parcel: Parcel) -> None:
        """Appends a state, a status, or what was missed; what came before is still to be said."""
        if parcel.is_state or not parcel.items:
            self._queue.append(parcel)
            return
        if parcel.status is not None:
            self._queue.append(Parcel(status=parcel.status))
        *items, last = parcel.items
        self._queue.extend([(item, None) for item in items])
        self._queue.append((last, None if parcel.number is None else Point(parcel.number, parcel.part)))
        self._size += sum([size_of(item) for item in parcel.items])

    def take(self) -> Parcel | None:
        """The next state or status, or the items up to one."""
        queue = self._queue
        if not queue:
            return None
        first = queue[0]
        if isinstance(first, Parcel):
            queue.popleft()
            return first
        items: list[Item] = []
        size, after = 0, None
        while queue:
            entry = queue[0]
            if isinstance(entry, Parcel) or size > _MESSAGE_BYTES or (self._nulls and entry[0].is_null and items):
                break
            item, after = entry
            queue.popleft()
            self._size -= len(item.body) + BESIDE
            size += len(item.body)
            items.append(item)
            if self._nulls and item.is_null:
                break
        point = after or self._point_after(items[-1])
        return Parcel(items, point.number, point.part)

    def _point_after(self, item: Item) -> Point:
        """After its event, or within it, where what follows is of the same one."""
        following = self._queue[0] if self._queue else None
        if following is None or isinstance(following, Parcel) or following[0].number != item.number:
            return Point(item.number)
        return Point(item.number - 1, item.place + 1)
