"""A source in memory, complete: what PostgreSQL and the streams of events are to a gateway."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.streams.source import Audience, Change, Known, Mode
from resolvers.errors import Unavailable
from resolvers.model.event import Event, EventKind

ORIGIN = "0a1b2c3d-0000-4000-8000-000000000000"


@dataclass(kw_only=True)
class Market:
    """
    What is stored: by name the newest value, and the events that led to it.

    Attributes:
        is_there: Whether it can be read.
        gate: What reads wait for.
        reads: The reads that there were.
        kept_from: The first event that is kept.
    """

    kind: EventKind
    state: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    is_there: bool = True
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reads: list[Any] = field(default_factory=list)
    kept_from: int = 1

    def __post_init__(self) -> None:
        """Lets everybody read."""
        self.gate.set()

    @property
    def number(self) -> int:
        """Of the newest event."""
        return len(self.events)

    def write(self, *changes: tuple[str, Any]) -> Event:
        """Stores values, and returns the event that says so."""
        self.state.update(changes)
        event = Event(kind=self.kind, number=self.number + 1, revisions={}, body={"changes": changes})
        self.events.append(event)
        return event

    async def read(self, what: Any) -> None:
        """A moment of reading."""
        self.reads.append(what)
        await self.gate.wait()
        if not self.is_there:
            raise Unavailable("the market cannot be reached")


@dataclass(kw_only=True)
class Following:
    """A follower of markets."""

    markets: Sequence[Market]
    origin: str = ORIGIN

    @property
    def position(self) -> dict[EventKind, int]:
        """The numbers of their newest events."""
        return {market.kind: market.number for market in self.markets}


@dataclass(kw_only=True)
class MemorySource:
    """
    Values of a market as they are; subjects are names.

    Attributes:
        make: What the objects of changes are; by default their values.
        accepts: By its name, what an audience accepts.
    """

    market: Market
    field: str
    mode: Mode
    kind: EventKind
    audience_arguments: frozenset[str] = frozenset({"names", "like"})
    make: Callable[[Sequence[Change]], Sequence[Any] | Awaitable[Sequence[Any]]] | None = None
    accepts: dict[str, Callable[[Change], bool]] = dataclasses.field(default_factory=dict)

    async def audience(self, arguments: dict[str, Any]) -> Audience:
        """Those names; none is everybody, where a field allows it."""
        names = arguments.get("names")
        subjects = None if names is None else tuple(dict.fromkeys(names))
        key = arguments.get("like")
        return Audience(subjects=subjects, key=key, accepts=None if key is None else self.accepts[key])

    def changes(self, event: Event) -> list[Change]:
        """The values that were written."""
        return [
            Change(subject=name, number=event.number, value=one, place=place)
            for place, (name, one) in enumerate(event.body["changes"])
        ]

    async def snapshot(self, audience: Audience) -> Known:
        """The stored values, in the audience's order."""
        number, state = self.market.number, dict(self.market.state)
        await self.market.read(audience.subjects)
        names = tuple(state) if audience.subjects is None else audience.subjects
        found = [Change(subject=name, number=number, value=state[name]) for name in names if name in state]
        return Known(changes=[one for one in found if audience.wants(one)], number=number)

    async def since(self, number: int, most: int) -> Known | None:
        """The values of the events that are kept."""
        events = list(self.market.events)
        await self.market.read(number)
        if not self.market.kept_from - 1 <= number <= len(events):
            return None
        some = events[number : number + most]
        changes = [change for event in some for change in self.changes(event)]
        last = number + len(some)
        return Known(changes=changes, number=last, has_more=last < len(events))

    def objects(self, changes: Sequence[Change]) -> Sequence[Any] | Awaitable[Sequence[Any]]:
        """The values."""
        return [one.value for one in changes] if self.make is None else self.make(changes)
