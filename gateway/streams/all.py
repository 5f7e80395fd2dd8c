"""Channels of fields of which nothing may be missed: signals, progress."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.streams.all_group import AllGroup
from gateway.streams.all_outbox import AllOutbox
from gateway.streams.channel import Channel
from gateway.streams.item import Item, in_place
from gateway.streams.joining import SNAPSHOT, Joiner, Way
from gateway.streams.outbox import size_of
from gateway.streams.position import Point
from gateway.streams.selection import Subscription
from gateway.streams.source import Change, Known
from gateway.streams.subscriber import Subscriber


class AllChannel(Channel[AllGroup]):
    """Every change is executed and told, in order."""

    def new_group(self, subscription: Subscription) -> AllGroup:
        """A group without members."""
        return AllGroup(subscription.selection, self.executions, self.position_text)

    def new_outbox(self, subscription: Subscription) -> AllOutbox:
        """An empty outbox."""
        return AllOutbox(most_bytes=self.settings.max_outbox_bytes, nulls=subscription.selection.item_required)

    def joining(self) -> "AllJoiner":
        """Who brings new subscribers their first message."""
        return AllJoiner(self)

    def forget_subject(self, group: AllGroup, subject: str | None) -> None:
        """Nothing is held of it."""

    def worth_making(self, pending: Sequence[Change]) -> Sequence[Change]:
        """All that somebody watches."""
        return [one for one in pending if self.watched.watches(one.subject)]

    @property
    def most_noted_bytes(self) -> float:
        """As much as may follow a part of what was missed in the outbox."""
        return self.settings.max_outbox_bytes / 2

    def apply(self, pending: Sequence[Change], changes: Sequence[Change], made: Sequence[Any]) -> None:
        """Gives each change to the groups; one that has too much to do begins again where it is, part by part."""
        for change, one in zip(changes, made, strict=True):
            for group in self.watched.groups_of(change.subject):
                group.add(change, one)
                self.is_due(group)
        for group in [one for one in self.groups.values() if one.size > self.settings.max_due_changes]:
            group.fall_back()


class AllJoiner(Joiner["AllChannel", AllGroup]):
    """Reads the present state for equal audiences together: the hub holds none."""

    def way_to_state(self, subscriber: Subscriber) -> Way:
        """By the audience."""
        return (SNAPSHOT, subscriber.audience)

    async def bring_state(self, subscribers: Sequence[Subscriber]) -> None:
        """The present state, to all of one audience."""
        generation = self.channel.generation
        known = await self.channel.source.snapshot(subscribers[0].audience)
        made = await self.channel.objects(known.changes)
        async with asyncio.TaskGroup() as tasks:
            for group, members in self.by_group(subscribers):
                tasks.create_task(self._give_state(group, members, known, made, generation))
                await asyncio.sleep(0)

    async def _give_state(
        self, group: AllGroup, subscribers: Sequence[Subscriber], known: Known, made: Sequence[Any], generation: int
    ) -> None:
        items = await group.items(made, [one.number for one in known.changes])
        for one in subscribers:
            if self.may_open(one, generation):
                one.open(self.parcel(one, items, Point(known.number)), ())

    async def bring_missed(self, subscribers: Sequence[Subscriber], point: Point) -> bool:
        """The next part of what was missed, in order; groups wait for no other, and let others have their turn."""
        generation = self.channel.generation
        known = await self.page(point.number)
        if known is None:
            return False
        changes = [one for one in known.changes if one.number > point.number + 1 or one.place >= point.part]
        most = self.channel.settings.page_changes
        page = _Page(
            changes=changes[:most],
            end=_before(changes[most]) if len(changes) > most else Point(known.number),
            is_last=len(changes) <= most and not known.has_more,
        )
        async with asyncio.TaskGroup() as tasks:
            for group, members in self.by_group(subscribers):
                tasks.create_task(self._give(group, members, page, generation))
                await asyncio.sleep(0)
        return True

    async def _give(self, group: AllGroup, subscribers: Sequence[Subscriber], page: "_Page", generation: int) -> None:
        audiences = {one.audience for one in subscribers}
        wanted = {audience: [one for one in page.changes if audience.wants(one)] for audience in audiences}
        shown = {one for of_one in wanted.values() for one in of_one}
        changes = [one for one in page.changes if one in shown]
        made = await self.channel.objects(changes)
        items = await group.items(made, [one.number for one in changes])
        items_of = {one: in_place(item, one.place) for one, item in zip(changes, items, strict=True)}
        group.messages.forget()
        for subscriber in subscribers:
            if self.may_open(subscriber, generation):
                self._give_one(subscriber, page, {one: items_of[one] for one in wanted[subscriber.audience]})

    def _give_one(self, subscriber: Subscriber, page: "_Page", items: Mapping[Change, Item]) -> None:
        """Gives as much as half of the outbox takes: the other half is for what happens meanwhile."""
        given: list[Item] = []
        end, size = page.end, 0
        for change, item in items.items():
            size += size_of(item)
            if given and size > self.channel.settings.max_outbox_bytes / 2:
                end = _before(change)
                break
            given.append(item)
        is_last = page.is_last and len(given) == len(items)
        parcel = self.parcel(subscriber, given, end, is_state=False)
        if is_last:
            subscriber.open(parcel, ())
        else:
            subscriber.give(parcel, end)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """
    A part of what was missed.

    Attributes:
        end: Up to where it goes.
        is_last: Whether nothing follows but what is noted.
    """

    changes: Sequence[Change]
    end: Point
    is_last: bool


def _before(change: Change) -> Point:
    return Point(change.number - 1, change.place)
