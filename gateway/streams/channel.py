"""Channels: one field of the subscription type, from its events to its subscribers."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from inspect import isawaitable
from math import inf
from typing import Any, Generic, Protocol, TypeVar

from gateway.streams.beat import Beat
from gateway.streams.execution import Executions
from gateway.streams.group import Group
from gateway.streams.held import Held
from gateway.streams.hub_settings import HubSettings
from gateway.streams.outbox import Outbox
from gateway.streams.pace import Pace
from gateway.streams.position import Point
from gateway.streams.recent import Recent
from gateway.streams.selection import Subscription
from gateway.streams.source import Audience, Change, Source
from gateway.streams.subscriber import Subscriber
from gateway.streams.throttle import Throttle
from gateway.streams.told import LIVE, UNAVAILABLE
from gateway.streams.turns import Turns
from gateway.streams.watched import Watched
from resolvers.errors import Unavailable
from resolvers.model.event import Event

G = TypeVar("G", bound=Group)


class Joining(Protocol):
    """Who brings subscribers their state."""

    def add(self, subscriber: Subscriber) -> None:
        """Brings a subscriber, who is noted already, what it missed or the present state."""


class Channel(ABC, Generic[G]):
    """
    The streams of one source.

    Attributes:
        number: The event up to which everything was given to the groups.
        heard: The last event.
        held: What each watched subject is, as far as it is known.
        watched: Who watches which subjects.
        position_text: Makes the position of a point.
        is_reachable: Whether the source can be read.
        generation: How often everybody had to begin anew.
    """

    def __init__(
        self,
        source: Source,
        executions: Executions,
        settings: HubSettings,
        position_text: Callable[[Point], str],
        clock: Callable[[], float],
    ) -> None:
        self.source = source
        self.settings = settings
        self.groups: dict[str, G] = {}
        self.number = self.heard = 0
        self.held: dict[str, Held] = {}
        self.recent = Recent(settings.kept_changes)
        self.is_reachable = True
        self.beat = Beat(self._flush, seconds=settings.beat_seconds)
        self.executions = executions
        self.position_text = position_text
        self.watched: Watched[G] = Watched()
        self._clock = clock
        self._pending: list[Change] = []
        self._due: dict[G, None] = {}
        self._turns = Turns(self.spawn, seconds=settings.turn_seconds)
        self.generation = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._joining = self.joining()

    # --- subscribers

    def join(self, subscription: Subscription, audience: Audience, resume: Point | None) -> Subscriber:
        """A new subscriber, whose first message is on its way."""
        selection = subscription.selection
        group = self.groups.get(selection.key)
        if group is None:
            group = self.groups[selection.key] = self.new_group(subscription)
        seconds = subscription.throttle_seconds
        subscriber = Subscriber(
            self,
            group.selection,
            audience,
            self.new_outbox(subscription),
            messages=group.messages,
            throttle=Throttle(seconds, self._turns, self._clock) if seconds else None,
            most_noted_bytes=self.most_noted_bytes,
        )
        subscriber.resume = resume
        group.members.add(subscriber)
        self._joining.add(subscriber)
        return subscriber

    def bring(self, subscriber: Subscriber) -> None:
        """Brings a subscriber what follows its `resume`, or the present state."""
        self._joining.add(subscriber)

    def watch(self, subscriber: Subscriber) -> None:
        """Tells a subscriber what happens from now on."""
        subscriber.is_watching = True
        group = self.groups[subscriber.selection.key]
        for subject in group.watchers.add(subscriber):
            self.watched.add(subject, group)

    def unwatch(self, subscriber: Subscriber) -> None:
        """Tells it no more, and forgets what was held for it alone."""
        subscriber.is_watching = False
        group = self.groups[subscriber.selection.key]
        for subject in group.watchers.discard(subscriber):
            self.forget_subject(group, subject)
            if self.watched.discard(subject, group) and subject is not None:
                self.held.pop(subject, None)

    def leave(self, subscriber: Subscriber) -> None:
        """Forgets a subscriber, and what was held for it alone."""
        key = subscriber.selection.key
        group = self.groups.get(key)
        if group is None or subscriber not in group.members:
            return
        if subscriber.is_watching:
            self.unwatch(subscriber)
        group.members.discard(subscriber)
        if not group.members:
            del self.groups[key]
            self._due.pop(group, None)

    @property
    def most_noted_bytes(self) -> float:
        """Of what a subscriber notes until it has a state."""
        return inf

    @abstractmethod
    def new_group(self, subscription: Subscription) -> G:
        """A group without members."""

    @abstractmethod
    def new_outbox(self, subscription: Subscription) -> Outbox:
        """An empty outbox."""

    @abstractmethod
    def joining(self) -> "Joining":
        """Who brings new subscribers their first message."""

    @abstractmethod
    def forget_subject(self, group: G, subject: str | None) -> None:
        """Drops what *group* holds of a subject that none of its members watches."""

    # --- events

    def start(self, number: int) -> None:
        """Begins behind the event *number*."""
        self.number = self.heard = number
        self.recent.start(number)

    def on_event(self, event: Event) -> None:
        """Takes the next event of the kind."""
        changes = self.source.changes(event)
        self.recent.add(event.number, changes)
        self.heard = event.number
        if not self.beat.is_quiet:
            # Also what nobody watches now: somebody may have, and may again, before the flush is done.
            self._pending += changes
            return
        watched = self.watched
        self._pending += [one for one in changes if watched.watches(one.subject)]
        if self._pending:
            self.beat.soon()
        else:
            self.number = event.number

    def on_reset(self) -> None:
        """Events were missed for good: everybody begins anew."""
        self.generation += 1
        self._pending.clear()
        self.held.clear()
        self.recent.forget()
        self.number = self.heard = 0
        for group in self.groups.values():
            group.forget()
            for subscriber in group.members:
                subscriber.close_state()
                self._joining.add(subscriber)

    def on_status(self, *, is_reachable: bool) -> None:
        """Tells everybody whether the source can be read, if that has changed."""
        if is_reachable is self.is_reachable:
            return
        self.is_reachable = is_reachable
        for subscriber in self.subscribers:
            if not is_reachable and not subscriber.is_told:
                subscriber.is_told = True
                subscriber.tell(UNAVAILABLE)
            elif is_reachable and subscriber.is_told and subscriber.floor is not None:
                # One that still waits for its state hears it with that.
                subscriber.is_told = False
                subscriber.tell(LIVE)

    async def objects(self, changes: Sequence[Change]) -> Sequence[Any]:
        """The object of each change; an error in the place of each where they cannot be made."""
        if not changes:
            return []
        try:
            made = self.source.objects(changes)
            if not isawaitable(made):
                return made
            async with asyncio.timeout(self.settings.execution_seconds):
                return await made
        except TimeoutError:
            seconds = self.settings.execution_seconds
            return [Unavailable(f"what has changed could not be read within {seconds:g} s")] * len(changes)
        except Exception as error:
            return [error] * len(changes)

    async def _flush(self) -> None:
        pending, self._pending = self._pending, []
        number, generation = self.heard, self.generation
        changes = self.worth_making(pending)
        made = await self.objects(changes)
        if self.generation != generation:
            return  # it is about a state that was dropped
        self.number = number = max(self.number, number)
        self.apply(pending, changes, made)
        pace = Pace(self.settings.turn_seconds)
        due, self._due = self._due, {}
        for group in due:
            if group.is_running:
                self._due[group] = None  # it comes back when it is done
            elif group.members:
                await group.deliver(number, self.held, pace, partial(self._later, group))
                if pace.is_over:
                    await pace.rest()
        if self._pending:
            self.beat.soon()
        elif self.generation == generation:
            self.number = max(self.number, self.heard)

    @abstractmethod
    def worth_making(self, pending: Sequence[Change]) -> Sequence[Change]:
        """The changes whose objects somebody will be shown."""

    @abstractmethod
    def apply(self, pending: Sequence[Change], changes: Sequence[Change], made: Sequence[Any]) -> None:
        """Gives changes, of which some were made to objects, to the groups that watch their subjects."""

    def is_due(self, group: G) -> None:
        """Notes that a group has something to execute."""
        self._due[group] = None

    def _later(self, group: G, work: Awaitable[None]) -> None:
        async def run() -> None:
            try:
                await work
            finally:
                if group in self._due:
                    self.beat.soon()

        self.spawn(run())

    def spawn(self, work: Any) -> None:
        """Runs something beside; it ends with the channel."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the end

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way to any subscriber."""
        return self.beat.is_quiet and not self._tasks

    @property
    def sizes(self) -> dict[str, int]:
        """How much is held, by what it is."""
        return {
            "groups": len(self.groups),
            "held": len(self.held),
            "items": sum(group.size for group in self.groups.values()),
            "subjects": len(self.watched),
            "subscribers": len(self.subscribers),
        }

    @property
    def subscribers(self) -> list[Subscriber]:
        """Everybody."""
        return [one for group in self.groups.values() for one in group.members]

    async def close(self) -> None:
        """Ends what is going on; subscribers were ended before."""
        self.beat.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
