"""One subscriber: the stream that a transport reads."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from gateway.streams.item import Item
from gateway.streams.message import Sink, StreamEnded, StreamMessage
from gateway.streams.messages import Messages
from gateway.streams.outbox import Outbox, OutboxFull, Parcel, size_of
from gateway.streams.position import Point
from gateway.streams.selection import Selection
from gateway.streams.source import Audience
from gateway.streams.throttle import Throttle

Told = tuple[str, Item, list[int]]
"""A subject, what it has become, and the events by which it did."""


class Membership(Protocol):
    """What a subscriber belongs to."""

    def bring(self, subscriber: "Subscriber") -> None:
        """Brings a subscriber what follows its `resume`, or the present state."""

    def watch(self, subscriber: "Subscriber") -> None:
        """Tells a subscriber what happens from now on."""

    def unwatch(self, subscriber: "Subscriber") -> None:
        """Tells it no more."""

    def leave(self, subscriber: "Subscriber") -> None:
        """Forgets a subscriber."""


class Subscriber:
    """
    A stream of `StreamMessage`.

    Until its first state is there it notes what happens. From then on it has a floor: the number up to which all
    events are in what it was told.

        subscriber              hub                     database
        registers: no floor
                                event 7: is noted
        reads the state                                 state with events up to 8
                                event 8: is noted
        floor 8: 7 and 8 are dropped
                                event 9: is told

    One that has missed more than it can be given at once has no floor until it is given the last part. It is given the
    next one when it has taken the one before, and nobody watches for it meanwhile: what happens is in a later part.

    Args:
        messages: Of its selection, shared with all who are sent the same.
        throttle: When it may be told; None is whenever there is something.
        most_noted_bytes: Of what it notes until it has a floor. What is more is missed, and brought later.

    Attributes:
        resume: What it has been told already, where it is to be brought what follows.
        is_watching: Whether it is told what happens.
    """

    __slots__ = (
        "_end", "_is_behind", "_is_closed", "_last", "_membership", "_messages", "_most_noted_bytes", "_noted",
        "_noted_bytes", "_throttle", "_waiter", "audience", "floor", "is_reset", "is_told", "is_watching", "outbox",
        "position", "resume", "selection", "sink",
    )  # fmt: skip

    def __init__(
        self,
        membership: Membership,
        selection: Selection,
        audience: Audience,
        outbox: Outbox,
        *,
        messages: Messages,
        throttle: Throttle | None,
        most_noted_bytes: float,
    ) -> None:
        self._membership = membership
        self.selection = selection
        self.audience = audience
        self.outbox = outbox
        self._messages = messages
        self._throttle = throttle
        self.floor: int | None = None
        self.position: str | None = None
        self.is_reset = False
        self.is_told = False
        self.is_watching = False
        self.resume: Point | None = None
        self.sink: Sink | None = None
        self._is_behind = False
        self._most_noted_bytes = most_noted_bytes
        self._noted: list[tuple[str, Item, list[int], int]] = []
        self._noted_bytes = 0
        self._waiter: asyncio.Future[None] | None = None
        self._last: Item | None = None
        self._end: Exception | None = None
        self._is_closed = False

    # --- what the hub does

    @property
    def is_over(self) -> bool:
        """Whether nobody needs to tell it anything any more."""
        return self._is_closed or self._end is not None

    def put(self, subject: str, item: Item, numbers: list[int], number: int) -> bool:
        """
        Tells it what a subject has become by the events *numbers*, in the beat that reached the event *number*.

        Whether it is to be woken, when all has been put.
        """
        floor = self.floor
        if floor is None:
            self._noted.append((subject, item, numbers, number))
            self._noted_bytes += size_of(item)
            if self._noted_bytes > self._most_noted_bytes:
                self.look_away()
            return False
        events = len(numbers)
        if numbers[0] <= floor:
            events = sum([one > floor for one in numbers])
            if not events:
                return False
        try:
            self.outbox.put(subject, item, events, number)
        except OutboxFull:
            self._fall_behind()
        # One that waits for its next moment needs not be woken before.
        return self._waiter is not None and (self._throttle is None or self._throttle.timer is None)

    def hear(self, told: Iterable[Told], number: int) -> None:
        """Tells it all of a beat that is for it, each as `put` does, and wakes it."""
        is_waiting = False
        for subject, item, numbers in told:
            is_waiting = self.put(subject, item, numbers, number)
        if is_waiting:
            self.wake()

    def wake(self) -> None:
        """
        Gives what there is to the sink of a reader that waits, or lets the reader look again.

        A turn of a task for each of a thousand readers takes longer than what they do in it.
        """
        if self._waiter is None or self._waiter.done():
            return
        sink = self.sink
        while sink is not None and sink.is_open:
            message = self.taken()
            if message is None:
                if self.is_over:
                    break
                return
            sink.send(message)
            if self.outbox.is_empty:
                return
        self._waiter.set_result(None)

    def look(self) -> None:
        """Lets it note what happens from now on, until it is opened: whatever was before is about to be read."""
        self._noted, self._noted_bytes = [], 0
        if not self.is_watching:
            self._membership.watch(self)

    def look_away(self) -> None:
        """Drops what it has noted, and notes no more."""
        self._noted, self._noted_bytes = [], 0
        if self.is_watching:
            self._membership.unwatch(self)

    def open(self, parcel: Parcel, subjects: Sequence[str]) -> None:
        """Gives it its state, an item of each of *subjects*, or all that it missed; what happened meanwhile follows."""
        if not self.is_watching:
            # More happened than it could note.
            assert parcel.number is not None  # noqa: S101 - states and what was missed have one
            self.give(parcel, Point(parcel.number))
            return
        self.floor = parcel.number
        self.is_reset = False
        if parcel.items or parcel.is_state or parcel.status is not None or self.position is None:
            self.outbox.open(subjects, parcel)
        noted, self._noted = self._noted, []
        for one in noted:
            self.put(*one)
        self.wake()

    def give(self, parcel: Parcel, point: Point) -> None:
        """Gives it a part of what it missed, up to a point; what follows is brought when it has taken that."""
        self.is_reset = False
        if parcel.items or parcel.is_state or parcel.status is not None:
            self.outbox.open((), parcel)
        self.fall_back(point)
        self.wake()

    def fall_back(self, point: Point) -> None:
        """Lets it be brought what follows a point, when it has taken what waits for it."""
        self.floor = None
        self.resume = point
        self.look_away()
        self._is_behind = True
        self._go_on()

    def close_state(self) -> None:
        """Makes it wait for a new state, in the place of what was missed."""
        self.floor = None
        self.resume = None
        self.is_reset = True
        self._is_behind = False

    def tell(self, status: str) -> None:
        """Tells it a status; whoever does keeps `is_told`, which says that the source is gone for all it knows."""
        self.outbox.open((), Parcel(status=status))
        self.wake()

    def end(self, error: dict[str, Any]) -> None:
        """Ends it with an error, to which the position is added."""
        if not self.is_over:
            extensions = {**error.get("extensions", {}), "position": self.position}
            self._finish(StreamEnded([{**error, "extensions": extensions}]))

    # --- what a transport does

    def __aiter__(self) -> "Subscriber":
        """Itself."""
        return self

    async def __anext__(self) -> StreamMessage:
        """
        The next message.

        Raises:
            StreamEnded: If the hub has ended it.
        """
        while True:
            message = self.taken()
            if message is not None:
                return message
            if self._end is not None:
                raise self._end
            if self._is_closed:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def taken(self) -> StreamMessage | None:
        """The next message, if there is one now."""
        if self._is_closed or self._end is not None:
            return None
        throttle = self._throttle
        if throttle is None:
            parcel = self.outbox.take()
        else:
            if self.outbox.is_empty or not throttle.has_come(self.wake):
                return None
            parcel = self.outbox.take()
            if parcel is not None:
                throttle.take()
        if self._is_behind:
            self._go_on()
        if parcel is None:
            return None
        if parcel.items and not self.selection.is_list:
            self._last = parcel.items[-1]
        message = self._messages.of(parcel, self.position, self._last)
        self.position = message.position
        return message

    async def aclose(self) -> None:
        """Leaves."""
        if not self._is_closed:
            self._is_closed = True
            self._finish(self._end)

    def _fall_behind(self) -> None:
        self.end(
            {
                "message": "the subscriber reads too slowly: more waited for it than max_outbox_bytes;"
                " subscribe again with resumeFrom",
                "extensions": {"code": "TOO_SLOW", "limit": "max_outbox_bytes"},
            }
        )

    def _go_on(self) -> None:
        if self._is_behind and self.outbox.is_empty:
            self._is_behind = False
            self._membership.bring(self)

    def _finish(self, end: Exception | None) -> None:
        self._end = end
        self._noted = []
        self._membership.leave(self)
        if self._throttle is not None:
            self._throttle.stop()
        self.wake()
