"""Brings subscribers of the newest state their first message."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING

from gateway.streams.held import ABSENT, Held
from gateway.streams.item import Item
from gateway.streams.joining import SNAPSHOT, Joiner, Way
from gateway.streams.latest_group import LatestGroup
from gateway.streams.position import Point
from gateway.streams.source import Audience, Change, Known
from gateway.streams.subscriber import Subscriber
from gateway.streams.whole import is_present

if TYPE_CHECKING:
    from gateway.streams.latest import LatestChannel  # noqa: F401 - it is named in a text, because it makes joiners


class LatestJoiner(Joiner["LatestChannel", LatestGroup]):
    """
    Gives those who come the hub's own items where it has them all, and reads the others.

    What is read for somebody is its own state, whose number may be ahead of the hub's. The hub takes from it what it
    knows nothing of.
    """

    def way_to_state(self, subscriber: Subscriber) -> Way:
        """All can be read together."""
        return (SNAPSHOT,)

    async def bring_state(self, subscribers: Sequence[Subscriber]) -> None:
        """The hub's last items at the hub's number, or a snapshot for those who watch what it does not know."""
        held = self.channel.held
        known: list[Subscriber] = []
        unknown: list[Subscriber] = []
        for one in subscribers:
            is_known = all(subject in held and is_present(held[subject].made) for subject in _subjects(one))
            (known if is_known else unknown).append(one)
        if known:
            # What is held, and at which number, is one moment; executing it may take longer.
            state = {subject: held[subject] for one in known for subject in _subjects(one)}
            await self._give(known, state, self.channel.number, self.channel.generation)
        if unknown:
            await self._read(unknown)

    async def _read(self, subscribers: Sequence[Subscriber]) -> None:
        channel, generation = self.channel, self.channel.generation
        wanted = dict.fromkeys(subject for one in subscribers for subject in _subjects(one))
        is_first = not channel.held
        known = await channel.source.snapshot(Audience(subjects=tuple(wanted)))
        made = await channel.objects(known.changes)
        if channel.generation != generation:
            return
        state = dict.fromkeys(wanted, Held(known.number, ABSENT))
        state |= {change.subject: Held(known.number, one) for change, one in zip(known.changes, made, strict=True)}
        is_first = is_first and not channel.held and channel.beat.is_quiet
        channel.outrun(state)
        for subject, one in state.items():
            if subject not in channel.held:
                channel.hold(subject, one)
        if is_first:
            channel.number = max(channel.number, known.number)
        await self._give(subscribers, state, known.number, generation)

    async def _give(
        self, subscribers: Sequence[Subscriber], state: Mapping[str, Held], number: int, generation: int
    ) -> None:
        """Gives subscribers the items of *state*, which is as of the event *number*; groups do not wait for others."""
        await asyncio.gather(
            *(
                self._give_group(group, members, state, number, generation)
                for group, members in self.by_group(subscribers)
            )
        )

    async def _give_group(
        self,
        group: LatestGroup,
        subscribers: Sequence[Subscriber],
        state: Mapping[str, Held],
        number: int,
        generation: int,
    ) -> None:
        wanted = dict.fromkeys(subject for one in subscribers for subject in _subjects(one))
        items = await self._items(group, {subject: state[subject] for subject in wanted})
        for one in subscribers:
            if self.may_open(one, generation):
                subjects = [subject for subject in _subjects(one) if subject in items]
                one.open(self.parcel(one, [items[subject] for subject in subjects], Point(number)), subjects)

    async def _items(self, group: LatestGroup, state: Mapping[str, Held]) -> dict[str, Item]:
        """The items of a group by subject, those executed that it does not show already."""
        items: dict[str, Item] = {}
        missing: dict[str, Held] = {}
        for subject, one in state.items():
            shown = group.shown.get(subject)
            if one.made is ABSENT:
                continue
            if shown is not None and shown.number == one.number and self.channel.held.get(subject) is one:
                items[subject] = shown
            else:
                missing[subject] = one
        made = await group.items([one.made for one in missing.values()], [one.number for one in missing.values()])
        for subject, item in zip(missing, made, strict=True):
            items[subject] = item
            if self.channel.held.get(subject) is missing[subject]:
                group.show(subject, item)
        return items

    async def bring_missed(self, subscribers: Sequence[Subscriber], point: Point) -> bool:
        """The newest missed item of each subject, and how many there were besides."""
        generation = self.channel.generation
        missed = await self._missed(point.number, self.page)
        if missed is None:
            return False
        await asyncio.gather(
            *(self._give_missed(group, members, missed, generation) for group, members in self.by_group(subscribers))
        )
        return True

    async def _missed(
        self, number: int, page: Callable[[int], Awaitable[Known | None]], up_to: float = inf
    ) -> "_Missed | None":
        """What followed the event *number*, read page by page: no more of it is held than is told."""
        missed = _Missed(number, up_to)
        while (known := await page(missed.number)) is not None:
            missed.add(known)
            if not known.has_more:
                return missed
        return None

    async def _give_missed(
        self, group: LatestGroup, subscribers: Sequence[Subscriber], missed: "_Missed", generation: int
    ) -> None:
        newest = {subject: one for subject, one in missed.newest.items() if group.watchers.watches(subject)}
        made = await self.channel.objects(list(newest.values()))
        self.channel.outrun(newest)
        items = dict(zip(newest, await group.items(made, [one.number for one in newest.values()]), strict=True))
        if not group.selection.is_list:
            unchanged = [one for one in subscribers if not items.keys() & set(_subjects(one))]
            subscribers = [one for one in subscribers if one not in unchanged]
            await self._bring_unchanged(group, unchanged, missed.number, generation)
        for one in subscribers:
            if self.may_open(one, generation):
                subjects = [subject for subject in _subjects(one) if subject in items]
                shown = [items[subject] for subject in subjects]
                is_nulled = one.selection.item_required and any(item.is_null for item in shown)
                skipped = sum(missed.counts[subject] for subject in subjects) - (0 if is_nulled else len(shown))
                one.open(self.parcel(one, shown, Point(missed.number), skipped=skipped), subjects)

    async def _bring_unchanged(
        self, group: LatestGroup, subscribers: Sequence[Subscriber], number: int, generation: int
    ) -> None:
        """The state, for a field that cannot say that nothing has changed; and what was told until it was read."""
        if not subscribers:
            return
        subjects = tuple(dict.fromkeys(subject for one in subscribers for subject in _subjects(one)))
        known = await self.channel.source.snapshot(Audience(subjects=subjects))
        # What is remembered may not go as far as the state.
        since = await self._missed(number, self.stored_page, known.number)
        if since is None:
            for one in subscribers:
                one.resume, one.is_reset = None, True
                self.add(one)
            return
        made = await self.channel.objects(known.changes)
        self.channel.outrun(subjects)
        numbers = [one.number for one in known.changes]
        items = dict(zip([one.subject for one in known.changes], await group.items(made, numbers), strict=True))
        for one in subscribers:
            if self.may_open(one, generation):
                (subject,) = _subjects(one)
                shown = [items[subject]] if subject in items else []
                skipped = max(0, since.counts[subject] - 1)
                one.open(self.parcel(one, shown, Point(known.number), skipped=skipped), [subject] if shown else [])


class _Missed:
    """
    What has become of subjects.

    Attributes:
        number: The event up to which all is known.
        newest: The last change of each subject.
        counts: How many changes there were of each, up to the event *up_to*.
    """

    def __init__(self, number: int, up_to: float) -> None:
        self.number = number
        self.newest: dict[str, Change] = {}
        self.counts: Counter[str] = Counter()
        self._up_to = up_to

    def add(self, known: Known) -> None:
        """Adds what followed."""
        self.number = known.number
        self.newest.update((one.subject, one) for one in known.changes)
        self.counts.update(one.subject for one in known.changes if one.number <= self._up_to)


def _subjects(subscriber: Subscriber) -> tuple[str, ...]:
    return subscriber.audience.subjects or ()
