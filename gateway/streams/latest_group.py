"""Groups of which each member needs the newest item of each subject."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from gateway.streams.execution import Executions
from gateway.streams.group import WOKEN_AT_ONCE, Group
from gateway.streams.held import ABSENT, Held
from gateway.streams.item import Item
from gateway.streams.pace import Pace
from gateway.streams.position import Point
from gateway.streams.selection import Selection
from gateway.streams.subscriber import Subscriber, Told


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
                if (place % WOKEN_AT_ONCE == 0 or pace.is_over) and not await self._rested(pace):
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
