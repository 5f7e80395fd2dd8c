"""Groups of which each member needs an item of each change."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gateway.streams.execution import Executions
from gateway.streams.group import WOKEN_AT_ONCE, Group
from gateway.streams.held import Held
from gateway.streams.item import Item, in_place
from gateway.streams.pace import Pace
from gateway.streams.position import Point
from gateway.streams.selection import Selection
from gateway.streams.source import Change
from gateway.streams.subscriber import Subscriber


class AllGroup(Group):
    """
    A group that needs an item of each change, in order.

    Attributes:
        number: The event up to which everything was told that was due.
    """

    def __init__(self, selection: Selection, executions: Executions, position_text: Callable[[Point], str]) -> None:
        super().__init__(selection, executions, position_text)
        self.number = 0
        self._due: list[tuple[Change, Any]] = []

    @property
    def size(self) -> int:
        """How many items are due."""
        return len(self._due)

    @property
    def is_due(self) -> bool:
        """Whether there are changes that were not told."""
        return bool(self._due)

    def add(self, change: Change, made: Any) -> None:
        """Notes a change, with its object."""
        self._due.append((change, made))

    def forget(self) -> None:
        """Drops what is due, and what is executed now."""
        self._due.clear()
        self.number = 0
        self._era += 1

    def fall_back(self) -> None:
        """Drops what is due, and lets everybody be brought what follows that which they were told."""
        self._due.clear()
        for one in self.members:
            if one.floor is not None:
                one.fall_back(Point(max(one.floor, self.number)))
            else:
                one.look_away()

    async def deliver(
        self, number: int, held: Mapping[str, Held], pace: Pace, later: Callable[[Awaitable[None]], None]
    ) -> None:
        """Executes the changes."""
        due, self._due = self._due, []
        if not due:
            return
        self.is_running = True
        self.messages.forget()
        begun = self.begin([made for _, made in due], [change.number for change, _ in due])
        if isinstance(begun, list):
            await self._tell(due, begun, pace)
        else:
            later(self._tell_later(due, begun, self._era))

    async def _tell_later(self, due: list[tuple[Change, Any]], begun: Awaitable[list[Item]], era: int) -> None:
        items = await begun
        if era == self._era:
            await self._tell(due, items, Pace())
        else:
            self.is_running = False

    async def _tell(self, due: list[tuple[Change, Any]], items: list[Item], pace: Pace) -> None:
        try:
            before = due[0][0].number
            waiting: list[Subscriber] = []
            for (change, _), made in zip(due, items, strict=True):
                # Between the items of one event nobody may take a message: its position would be after all of them.
                if change.number != before:
                    self.number = before
                    if pace.is_over and not await self._rested(pace):
                        return
                before = change.number
                numbers = [change.number]
                item = in_place(made, change.place)
                watching = tuple(self.watchers.of(change))
                waiting += [one for one in watching if one.put(change.subject, item, numbers, change.number)]
            self.number = before
            await _wake(waiting, pace)
        finally:
            self.is_running = False


async def _wake(waiting: Sequence[Subscriber], pace: Pace) -> None:
    """Wakes subscribers when each has all that it is to be told, some at a time."""
    some = list(dict.fromkeys(waiting))
    for start in range(0, len(some), WOKEN_AT_ONCE):
        if start:
            await pace.rest()
        for one in some[start : start + WOKEN_AT_ONCE]:
            one.wake()
