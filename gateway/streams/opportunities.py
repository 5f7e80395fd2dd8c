"""The stream of opportunities."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from gateway.streams.history import History
from gateway.streams.source import Audience, Change, Known, Mode
from gateway.streams.whole import Whole
from resolvers.errors import NotFound
from resolvers.loaders import Loaders
from resolvers.model.event import Event, EventKind
from resolvers.model.opportunity import OpportunityConditions, Ranking
from resolvers.opportunities import first_of, rankings_of
from resolvers.services import Services
from resolvers.storage.signals import signals_at_number
from schema.opportunities import OpportunityType, conditions_of, filter_of
from schema.pagination import checked_first


@dataclass(frozen=True, kw_only=True, slots=True, weakref_slot=True)
class _Wanted:
    """
    A list that somebody watches.

    Attributes:
        subject: As this process calls it, for as long as somebody does.
    """

    first: int
    conditions: OpportunityConditions
    subject: str


class OpportunitiesSource:
    """
    ``Subscription.opportunities``: the best ones, as a list that is told as a whole.

    Each list of equal arguments is a subject of its own, and any event of signals may change any of them. They are made
    of one ranking, which is read as a query reads it, once in a beat.
    """

    field = "opportunities"
    kind = EventKind.SIGNALS
    mode = Mode.LATEST
    audience_arguments = frozenset[str]()

    def __init__(self, services: Services, history: History) -> None:
        self._services = services
        self._history = history
        # Subscribers hold what they want; with the last one it is gone.
        self._wanted: WeakValueDictionary[tuple[int, OpportunityConditions], _Wanted] = WeakValueDictionary()
        self._numbers = count(1)

    async def audience(self, arguments: dict[str, Any]) -> Audience:
        """
        Whoever wants so many opportunities of these conditions.

        Raises:
            BadInput: If *first* is negative, or a condition cannot be right.
            TooLarge: If *first* is over the limit, or there are too many symbols.
            NotFound: If a symbol is unknown.
        """
        first = checked_first(arguments["first"])
        conditions = await conditions_of(Loaders(self._services), filter_of(arguments.get("filter")))
        wanted = self._wanted.get((first, conditions))
        if wanted is None:
            wanted = _Wanted(first=first, conditions=conditions, subject=f"opportunities:{next(self._numbers)}")
            self._wanted[first, conditions] = wanted
        return Audience(subjects=(wanted.subject,), key=wanted)

    def changes(self, event: Event) -> list[Change]:
        """One for each list: which of them the event has changed is seen when they are made."""
        return [Change(subject=subject, number=event.number, value=None) for subject in self._by_subject()]

    async def snapshot(self, audience: Audience) -> Known:
        """The rankings of the signals that are active."""
        services, by_subject = self._services, self._by_subject()
        wanted = [by_subject[one] for one in audience.subjects or () if one in by_subject]
        number, signals = await signals_at_number(services.pool, services.clock())
        choices = list(dict.fromkeys(one.conditions.choice for one in wanted))
        made = await rankings_of(Loaders(services), choices, signals)
        return Known(
            changes=[Change(subject=one.subject, number=number, value=made[one.conditions.choice]) for one in wanted],
            number=number,
        )

    async def since(self, number: int, most: int) -> Known | None:
        """What the outbox still has."""
        missed = await self._history.after(self.kind, number, most)
        if missed is None:
            return None
        changes = [change for event in missed.events for change in self.changes(event)]
        return Known(changes=changes, number=missed.number, has_more=missed.has_more)

    async def objects(self, changes: Sequence[Change]) -> list[Any]:
        """The lists; those of events of the ranking that there is now."""
        by_subject = self._by_subject()
        wanted = [by_subject.get(one.subject) for one in changes]
        asked = [one for one, change in zip(wanted, changes, strict=True) if one is not None and change.value is None]
        made = await self._present(asked, max([one.number for one in changes], default=0))
        return [
            NotFound("nobody watches this list any more")
            if one is None
            else self._whole(one, change.value or made[one])
            for one, change in zip(wanted, changes, strict=True)
        ]

    async def _present(self, wanted: Iterable[_Wanted], number: int) -> Mapping[_Wanted, Ranking]:
        """The ranking of each list after the event *number*."""
        wanted = list(wanted)
        # It may have been missed ahead of this process: what is held may be older.
        is_fresh = not self._services.events.has_reached({self.kind: number})
        choices = list(dict.fromkeys(one.conditions.choice for one in wanted))
        made = await rankings_of(Loaders(self._services, is_fresh=is_fresh), choices)
        return {one: made[one.conditions.choice] for one in wanted}

    def _whole(self, wanted: _Wanted, ranking: Ranking) -> Whole:
        found = first_of(ranking, wanted.conditions, wanted.first)
        return Whole(
            items=[OpportunityType.of(one) for one in found],
            said=tuple((one.rank, one.signal) for one in found),
            is_present=_is_before(ranking.until, self._services.clock),
        )

    def _by_subject(self) -> dict[str, _Wanted]:
        return {one.subject: one for one in self._wanted.values()}


def _is_before(moment: float, clock: Callable[[], float]) -> Callable[[], bool]:
    return lambda: clock() < moment
