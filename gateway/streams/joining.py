"""Brings subscribers their first message: the present state, or what they missed."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from graphql import GraphQLError

from gateway.streams.channel import Channel, G
from gateway.streams.outbox import Parcel
from gateway.streams.position import Point
from gateway.streams.source import Known
from gateway.streams.subscriber import Subscriber
from gateway.streams.told import LIVE, UNAVAILABLE
from resolvers.errors import Unavailable
from schema.errors import client_error

SNAPSHOT = "snapshot"
SINCE = "since"

C = TypeVar("C", bound=Channel[Any])

Way = tuple[Hashable, ...]


class Joiner(ABC, Generic[C, G]):
    """
    Reads for all who need the same at the same time.

    Subscribers that come while something is read for others wait for the next read, together. A source that cannot
    be reached is told to them as a status, and asked again.
    """

    def __init__(self, channel: C) -> None:
        self.channel = channel
        self._waiting: dict[Way, dict[Subscriber, None]] = {}
        self._followed: set[Way] = set()

    def add(self, subscriber: Subscriber) -> None:
        """Brings a subscriber, who is noted already, what it missed or the present state."""
        way = self._way_to(subscriber)
        self._waiting.setdefault(way, {})[subscriber] = None
        if way not in self._followed:
            self._followed.add(way)
            self.channel.spawn(self._follow(way))

    @abstractmethod
    def way_to_state(self, subscriber: Subscriber) -> Way:
        """What the subscriber's state is read by: equal for those who can share the read."""

    @abstractmethod
    async def bring_state(self, subscribers: Sequence[Subscriber]) -> None:
        """Reads the present state, and gives it to subscribers of one way."""

    @abstractmethod
    async def bring_missed(self, subscribers: Sequence[Subscriber], point: Point) -> bool:
        """Gives subscribers of one way what followed a point; whether that is known."""

    def _way_to(self, subscriber: Subscriber) -> Way:
        point = subscriber.resume
        return self.way_to_state(subscriber) if point is None else (SINCE, point)

    async def _follow(self, way: Way) -> None:
        try:
            while waiting := self._waiting.pop(way, None):
                await self._bring(way, list(waiting))
        finally:
            self._followed.discard(way)

    async def _bring(self, way: Way, subscribers: list[Subscriber]) -> None:
        delay, longest = self.channel.settings.retry_seconds
        while True:
            # Who comes meanwhile shall hear as well that the source is not there.
            subscribers += self._waiting.pop(way, {})
            # Others were given another way by a reset.
            subscribers = [
                one for one in subscribers if not one.is_over and one.floor is None and self._way_to(one) == way
            ]
            if not subscribers:
                return
            for one in subscribers:
                one.look()
            try:
                if isinstance(way[-1], Point):
                    await self._bring_since(subscribers, way[-1])
                else:
                    await self.bring_state(subscribers)
            except Unavailable:
                for one in subscribers:
                    one.look_away()
                    if not one.is_told:
                        one.is_told = True
                        one.tell(UNAVAILABLE)
            except Exception as error:
                _end(subscribers, error)
                return
            else:
                return
            await asyncio.sleep(delay)
            delay = min(2 * delay, longest)

    async def _bring_since(self, subscribers: Sequence[Subscriber], point: Point) -> None:
        generation = self.channel.generation
        if await self.bring_missed(subscribers, point):
            return
        for one in subscribers:
            if self.may_open(one, generation):
                one.resume = None
                one.is_reset = True
                self.add(one)

    async def page(self, number: int) -> Known | None:
        """A part of what followed the event *number*; None where it is no longer known."""
        known = self.channel.recent.since(number, self.channel.settings.page_changes)
        return await self.stored_page(number) if known is None else known

    async def stored_page(self, number: int) -> Known | None:
        """As `page`, but of what is stored now, of which this process may not have heard."""
        return await self.channel.source.since(number, self.channel.settings.page_changes)

    def may_open(self, subscriber: Subscriber, generation: int) -> bool:
        """Whether what was read in a generation is still what the subscriber waits for."""
        return not subscriber.is_over and subscriber.floor is None and generation == self.channel.generation

    def by_group(self, subscribers: Iterable[Subscriber]) -> list[tuple[G, list[Subscriber]]]:
        """Subscribers that are still there, by their group."""
        found: dict[str, list[Subscriber]] = {}
        for one in subscribers:
            if not one.is_over:
                found.setdefault(one.selection.key, []).append(one)
        return [(self.channel.groups[key], members) for key, members in found.items()]

    def parcel(
        self,
        subscriber: Subscriber,
        items: Sequence[Any],
        point: Point,
        *,
        skipped: int = 0,
        is_state: bool = True,
    ) -> Parcel:
        """What a subscriber is brought, which tells that the source is back if it was told that it is gone."""
        status = None
        if not self.channel.is_reachable:
            # With a state it is told again.
            status = UNAVAILABLE if is_state or not subscriber.is_told else None
        elif subscriber.is_told:
            status = LIVE
        subscriber.is_told = not self.channel.is_reachable
        return Parcel(
            items=items,
            number=point.number,
            part=point.part,
            skipped=skipped,
            reset=subscriber.is_reset,
            status=status,
            is_state=is_state,
        )


def _end(subscribers: Iterable[Subscriber], error: Exception) -> None:
    """Ends streams that cannot begin, each with the reason."""
    shown = dict(client_error(GraphQLError(str(error), original_error=error)).formatted)
    for one in subscribers:
        one.end(shown)
