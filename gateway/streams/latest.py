"""Channels of fields whose newest state counts: quotes, forming candles."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from gateway.streams.channel import Channel
from gateway.streams.held import Held
from gateway.streams.latest_group import LatestGroup
from gateway.streams.latest_joining import LatestJoiner
from gateway.streams.latest_outbox import LatestOutbox
from gateway.streams.selection import Subscription
from gateway.streams.source import Change
from gateway.streams.whole import Whole, says_the_same


class LatestChannel(Channel[LatestGroup]):
    """
    The newest change of each subject within a beat is executed; the others are counted.

    Of a list that is told as a whole, one that says the same is not news: everybody goes on with the one before, and
    what is executed of that are the bytes that they have. Unless somebody was given a later one when he came:

        first                   hub                     second
        is told A
                                the clock makes it B
                                                        comes, is given B
                                event: it is A again
                                tells everybody
    """

    def new_group(self, subscription: Subscription) -> LatestGroup:
        """A group without members."""
        return LatestGroup(subscription.selection, self.executions, self.position_text)

    def new_outbox(self, subscription: Subscription) -> LatestOutbox:
        """An empty outbox."""
        return LatestOutbox(most_bytes=self.settings.max_outbox_bytes, nulls=subscription.selection.item_required)

    def joining(self) -> LatestJoiner:
        """Who brings new subscribers their first message."""
        return LatestJoiner(self)

    def forget_subject(self, group: LatestGroup, subject: str | None) -> None:
        """Drops the item that *group* has of a subject."""
        if subject is not None:
            group.shown.pop(subject, None)

    def worth_making(self, pending: Sequence[Change]) -> Sequence[Change]:
        """The newest change of each subject that somebody watches."""
        return list({one.subject: one for one in pending if self.watched.watches(one.subject)}.values())

    def apply(self, pending: Sequence[Change], changes: Sequence[Change], made: Sequence[Any]) -> None:
        """Holds the objects, and notes the events for each group."""
        for change, one in zip(changes, made, strict=True):
            before = self.held.get(change.subject)
            is_news = before is None or before.is_outrun or not says_the_same(one, before.made)
            self.hold(change.subject, Held(change.number, one if before is None or is_news else before.made))
        numbers: dict[str, list[int]] = {}
        for change in pending:
            numbers.setdefault(change.subject, []).append(change.number)
        for subject, of_subject in numbers.items():
            if subject in self.held:
                for group in self.watched.groups_of(subject):
                    group.add(subject, of_subject)
                    self.is_due(group)

    def outrun(self, subjects: Iterable[str]) -> None:
        """Notes that somebody was given states of *subjects* that may be later ones than those which are held."""
        for subject in subjects:
            held = self.held.get(subject)
            if held is not None and isinstance(held.made, Whole):
                self.held[subject] = replace(held, is_outrun=True)

    def hold(self, subject: str, one: Held) -> None:
        """Holds what a watched subject is, unless something newer is held."""
        held = self.held.get(subject)
        if self.watched.watches(subject) and (held is None or held.number <= one.number):
            self.held[subject] = one
