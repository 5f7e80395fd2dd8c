"""Groups: the subscribers who share an execution."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gateway.streams.execution import Executions
from gateway.streams.held import ABSENT, Held
from gateway.streams.item import Item, in_place
from gateway.streams.messages import Messages
from gateway.streams.pace import Pace
from gateway.streams.position import Point
from gateway.streams.selection import Selection
from gateway.streams.source import Change
from gateway.streams.subscriber import Subscriber, Told
from gateway.streams.watchers import Watchers
from schema.plans import Plans

# How many readers may run before others do: each sends a message then.
_WOKEN_AT_ONCE = 100


class Group(ABC):
    """
    The subscribers of one selection, and what they are to be told.

    Its executions follow each other: what is due while one waits for a resolver comes with the next. Other groups do
    not wait for it.

    Attributes:
        messages: What subscribers were sent of the last beat.
        is_running: Whether something is being executed or delivered.
    """

    def __init__(self, selection: Selection, executions: Executions, position_text: Callable[[Point], str]) -> None:
        self.selection = selection
        self.watchers = Watchers()
        self.members: set[Subscriber] = set()
        self.messages = Messages(selection, position_text)
        self.is_running = False
        self._executions = executions
        self._plans = Plans()
        # How often everything was forgotten: what was executed before is about a state that nobody follows any more.
        self._era = 0

    @property
    @abstractmethod
    def size(self) -> int:
        """How many items are held or due."""

    @property
    @abstractmethod
    def is_due(self) -> bool:
        """Whether there is something to execute."""

    @abstractmethod
    def forget(self) -> None:
        """Drops what is due and what is held: it was about a state that nobody follows any more."""

    @abstractmethod
    async def deliver(
        self, number: int, held: Mapping[str, Held], pace: Pace, later: Callable[[Awaitable[None]], None]
    ) -> None:
        """
        Executes what is due, and tells everybody who watches it.

        Args:
            number: The event that the beat has reached.
            later: Takes what waits for a resolver.
        """

    def begin(self, objects: Sequence[Any], numbers: Sequence[int]) -> list[Item] | Awaitable[list[Item]]:
        """The items of *objects*."""
        return self._executions.begin(self.selection, self._plans, objects, numbers)

    async def items(self, objects: Sequence[Any], numbers: Sequence[int]) -> list[Item]:
        """As `begin`."""
        if not objects:
            return []
        begun = self.begin(objects, numbers)
        return begun if isinstance(begun, list) else await begun

    async def _rested(self, pace: Pace) -> bool:
        """Lets others, and says whether the state that is being told is still the one that there is."""
        era = self._era
        await pace.rest()
        return era == self._era


class LatestGroup(Group):
    """
    A group that needs the newest item of each subject.

    Attributes:
        shown: The newest item of each subject that somebody watches.
    """

    def __init__(self, selection: Selection, executions: Executions, position_text: Callable[[Point], str]) -> None:
        super().__init__(selection, executions, position_text)
        self.shown: dict[str, Item] = {}
        self._due: dict[str, list[int]] = {}

    @property
    def size(self) -> int:
        """How many items are held or due."""
        return len(self.shown) + len(self._due)

    @property
    def is_due(self) -> bool:
        """Whether a subject has changed."""
        return bool(self._due)

    def add(self, subject: str, numbers: list[int]) -> None:
        """Notes that a subject was changed by the events *numbers*."""
        due = self._due.get(subject)
        # The list is shared with other groups.
        self._due[subject] = numbers if due is None else due + numbers

    def show(self, subject: str, item: Item) -> None:
        """Keeps an item for those who come later."""
        shown = self.shown.get(subject)
        if self.watchers.watches(subject) and (shown is None or shown.number <= item.number):
            self.shown[subject] = item

    def forget(self) -> None:
        """Drops all items."""
        self._era += 1
        self.shown.clear()
        self._due.clear()

    async def deliver(
        self, number: int, held: Mapping[str, Held], pace: Pace, later: Callable[[Awaitable[None]], None]
    ) -> None:
        """Executes the subjects that have changed."""
        due = {
            subject: numbers
            for subject, numbers in self._due.items()
            if subject in held and held[subject].made is not ABSENT
        }
        self._due.clear()
        if not due:
            return
        self.is_running = True
        self.messages.forget()
        begun = self.begin([held[subject].made for subject in due], [held[subject].number for subject in due])
        if isinstance(begun, list):
            await self._tell(due, begun, number, pace)
        else:
            later(self._tell_later(due, begun, number, self._era))

    async def _tell_later(self, due: dict[str, list[int]], begun: Awaitable[list[Item]], number: int, era: int) -> None:
        items = await begun
        if era == self._era:
            await self._tell(due, items, number, Pace())
        else:
            self.is_running = False

    async def _tell(self, due: dict[str, list[int]], items: list[Item], number: int, pace: Pace) -> None:
        try:
            # All at once: whoever comes while others are told takes these.
            for subject, item in zip(due, items, strict=True):
                self.show(subject, item)
            # By subscriber: nobody may take a message of half a beat, whose position would be after all of it.
            told = await self._by_subscriber(due, items, pace)
            if told is None:
                return
            for place, (subscriber, all_told) in enumerate(told.items(), 1):
                subscriber.hear(all_told, number)
                if (place % _WOKEN_AT_ONCE == 0 or pace.is_over) and not await self._rested(pace):
                    return
        finally:
            self.is_running = False

    async def _by_subscriber(
        self, due: dict[str, list[int]], items: list[Item], pace: Pace
    ) -> Mapping[Subscriber, Sequence[Told]] | None:
        """What each is to be told; None if that is about a state that nobody follows any more."""
        if len(due) == 1:
            # As in a quiet market: all hear the same.
            ((subject, numbers),) = due.items()
            return dict.fromkeys(self.watchers.of_subject(subject), ((subject, items[0], numbers),))
        told: dict[Subscriber, list[Told]] = {}
        for (subject, numbers), item in zip(due.items(), items, strict=True):
            one_told = (subject, item, numbers)
            for subscriber in self.watchers.of_subject(subject):
                told.setdefault(subscriber, []).append(one_told)
            if pace.is_over and not await self._rested(pace):
                return None
        return told


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
    for start in range(0, len(some), _WOKEN_AT_ONCE):
        if start:
            await pace.rest()
        for one in some[start : start + _WOKEN_AT_ONCE]:
            one.wake()
