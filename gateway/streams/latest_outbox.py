"""What waits for a subscriber that needs the newest item of each subject."""

from collections.abc import Sequence

from gateway.streams.item import Item
from gateway.streams.outbox import OutboxFull, Parcel


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
