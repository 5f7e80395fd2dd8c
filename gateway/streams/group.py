"""Groups: the subscribers who share an execution."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gateway.streams.execution import Executions
from gateway.streams.held import Held
from gateway.streams.item import Item
from gateway.streams.messages import Messages
from gateway.streams.pace import Pace
from gateway.streams.position import Point
from gateway.streams.selection import Selection
from gateway.streams.subscriber import Subscriber
from gateway.streams.watchers import Watchers
from schema.plans import Plans

# How many readers may run before others do: each sends a message then.
WOKEN_AT_ONCE = 100


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
