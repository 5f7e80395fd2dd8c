"""What waits for one subscriber, bounded in bytes."""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from gateway.streams.item import Item
from gateway.streams.position import Point

# What an item takes beside its bytes; without it a queue of nulls had no bound.
_BESIDE: Final = 100

# From which size on a message is long enough.
_MESSAGE_BYTES: Final = 100_000


class OutboxFull(Exception):
    """More waits than may; the subscriber is too far behind."""


class Parcel(NamedTuple):
    """
    What one message brings; a tuple, because a frozen dataclass takes six times as long to make.

    Attributes:
        number: Up to which all events for the subscriber are in this or an earlier message, or counted as skipped;
            None where that has not changed.
        part: And how many changes of the event after it.
        skipped: Events since the previous message whose value is not in this one.
        reset: Whether it is a fresh state in the place of what was missed.
        is_state: Whether it begins what the subscriber knows.
    """

    items: Sequence[Item] = ()
    number: int | None = None
    part: int = 0
    skipped: int = 0
    reset: bool = False
    status: str | None = None
    is_state: bool = False


class Outbox(Protocol):
    """The queue of one subscriber. Nobody waits for it: what it cannot hold it refuses or replaces."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take."""

    @property
    def size_bytes(self) -> int:
        """Of the items that wait."""

    def put(self, subject: str, item: Item, events: int, number: int) -> None:
        """
        Adds the item that a subject has become by some *events*, up to the event *number*.

        Raises:
            OutboxFull: If it holds too much.
        """

    def open(self, subjects: Sequence[str], parcel: Parcel) -> None:
        """Adds a state, a reset or a status."""

    def take(self) -> Parcel | None:
        """The next message; None where there is nothing to say."""


class LatestOutbox:
    """
    The newest item of each subject.

    It says nothing of an item whose bytes are those that the subscriber was last sent; items with errors are always
    said. Every event that is not said is counted.

    Args:
        most_bytes: Of the items that wait.
        nulls: Whether an item that is null takes the others of its message with it.
    """

    __slots__ = ("_events", "_most_bytes", "_nulls", "_number", "_opened", "_pending", "_sent", "_size")

    def __init__(self, *, most_bytes: int, nulls: bool) -> None:
        self._most_bytes = most_bytes
        self._nulls = nulls
        # Both are empty nearly always, and then take no memory of their own; a deque takes 600 bytes.
        self._pending: dict[str, Item] | None = None
        self._opened: tuple[tuple[Sequence[str], Parcel], ...] = ()
        self._sent: dict[str, bytes] = {}
        self._events = 0
        self._number = 0
        self._size = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take."""
        return not self._pending and not self._opened

    @property
    def size_bytes(self) -> int:
        """Of the items that wait."""
        return self._size

    def put(self, subject: str, item: Item, events: int, number: int) -> None:
        """Replaces what the subject has become."""
        pending = self._pending
        if pending is None:
            self._pending = {subject: item}
            self._size += len(item.body)
        else:
            before = pending.get(subject)
            self._size += len(item.body) if before is None else len(item.body) - len(before.body)
            pending[subject] = item
        self._events += events
        self._number = number
        if self._size > self._most_bytes:
            raise OutboxFull

    def open(self, subjects: Sequence[str], parcel: Parcel) -> None:
        """Adds a state, which replaces all that waits; a status is added to it."""
        if parcel.is_state:
            self._opened = ()
            self._pending = None
            self._events = self._size = 0
        elif self._opened and not self._opened[-1][1].is_state:
            self._opened = self._opened[:-1]  # an older status, of which nobody needs to know
        self._opened += ((subjects, parcel),)
        self._size += sum([len(item.body) for item in parcel.items])

    def take(self) -> Parcel | None:
        """A state if there is one, else what is new."""
        if self._opened:
            (subjects, parcel), *others = self._opened
            self._opened = tuple(others)
            self._size -= sum([len(item.body) for item in parcel.items])
            if parcel.is_state:
                self._sent.clear()
                self._is_said(subjects, parcel.items)
            return parcel
        pending, self._pending = self._pending, None
        if pending is None:
            return None
        self._size = 0
        sent = self._sent
        if len(pending) == 1:
            ((subject, item),) = pending.items()
            if not (item.errors or item.is_null):
                # As below, for most messages of a quiet market: half a microsecond less of three.
                if sent.get(subject) == item.body:
                    return None
                sent[subject] = item.body
                parcel = Parcel((item,), self._number, 0, self._events - 1)
                self._events = 0
                return parcel
        subjects, items = [], []
        for subject, item in pending.items():
            if item.errors or sent.get(subject) != item.body:
                subjects.append(subject)
                items.append(item)
        if not items:
            return None
        shown = len(items) if self._is_said(subjects, items) else 0
        parcel = Parcel(items, self._number, 0, self._events - shown)
        self._events = 0
        return parcel

    def _is_said(self, subjects: Sequence[str], items: Sequence[Item]) -> bool:
        """Notes what the subscriber holds after a message of *items*; whether it gets them."""
        if self._nulls:
            for item in items:
                if item.is_null:
                    return False
        sent = self._sent
        for subject, item in zip(subjects, items, strict=True):
            if item.errors:
                sent.pop(subject, None)
            else:
                sent[subject] = item.body
        return True


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
        self._size += len(item.body) + _BESIDE
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
            self._size -= len(item.body) + _BESIDE
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


def size_of(item: Item) -> int:
    """What an item counts that waits, in bytes."""
    return len(item.body) + _BESIDE
