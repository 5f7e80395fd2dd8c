"""Channels of fields of which nothing may be missed: signals, progress."""

from collections.abc import Sequence
from typing import Any

from gateway.streams.channel import Channel
from gateway.streams.group import AllGroup
from gateway.streams.joining import SNAPSHOT, Joiner, Way
from gateway.streams.outbox import AllOutbox
from gateway.streams.selection import Subscription
from gateway.streams.source import Change, Known
from gateway.streams.subscriber import Subscriber


class AllChannel(Channel[AllGroup]):
    """Every change is executed and told, in order."""

    def new_group(self, subscription: Subscription) -> AllGroup:
        """A group without members."""
        return AllGroup(subscription.selection, self.executions)

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
        return [one for one in pending if self.is_watched(one.subject)]

    def apply(self, pending: Sequence[Change], changes: Sequence[Change], made: Sequence[Any]) -> None:
        """Gives each change to the groups."""
        for change, one in zip(changes, made, strict=True):
            for group in self.watching(change.subject):
                group.add(change, one)
                self.is_due(group)


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
        for group, members in self.by_group(subscribers):
            items = await group.items(made, [one.number for one in known.changes])
            for one in members:
                if self.may_open(one, generation):
                    one.open(self.parcel(one, items, known.number), ())

    async def bring_missed(
        self, group: AllGroup, subscribers: Sequence[Subscriber], missed: Known, generation: int
    ) -> None:
        """All that was missed, in order; one that fails takes no other with it."""
        wanted = [one for one in missed.changes if any(member.audience.wants(one) for member in subscribers)]
        made = await self.channel.objects(wanted)
        items = await group.items(made, [one.number for one in wanted])
        for subscriber in subscribers:
            if self.may_open(subscriber, generation):
                of_one = [item for one, item in zip(wanted, items, strict=True) if subscriber.audience.wants(one)]
                parcel = self.parcel(subscriber, of_one, missed.number)
                subscriber.open(parcel._replace(is_state=False), ())
