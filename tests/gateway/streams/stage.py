"""A hub on markets in memory, and what to do with it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.endpoint.documents import Documents
from gateway.endpoint.operation import Operation
from gateway.streams.hub import Hub
from gateway.streams.hub_settings import HubSettings
from gateway.streams.message import StreamMessage
from gateway.streams.source import Change, Mode
from gateway.streams.subscriber import Subscriber
from resolvers.model.event import Event, EventKind
from schema.limits import Limits
from tests.gateway.streams.live_schema import LIVE
from tests.gateway.streams.memory import Following, Market, MemorySource
from tests.schema.odd_schema import Later

LATEST_FIELDS = ("rows", "someRows", "mustRows", "named", "either")
SINGLE_FIELDS = ("single", "maybeSingle")
WHOLE_FIELDS = ("wholeRows", "maybeWhole")
ALL_FIELDS = ("everyRow", "everyOdd")
AT_ONCE = HubSettings(beat_seconds=0.0, retry_seconds=(0.0, 0.0))


@dataclass
class Stage:
    """
    Two markets, one of quotes for fields of the newest state and one of candles for fields of all.

    Attributes:
        contexts: How many were made.
    """

    settings: HubSettings = AT_ONCE
    accepts: Mapping[str, Callable[[Change], bool]] = field(default_factory=dict)
    contexts: int = 0

    def __post_init__(self) -> None:
        """Opens the hub."""
        self.latest = Market(kind=EventKind.QUOTES)
        self.all = Market(kind=EventKind.CANDLES)
        self.sources = {
            name: MemorySource(market=market, field=name, mode=mode, kind=market.kind, accepts=dict(self.accepts))
            for mode, market, names in (
                (Mode.LATEST, self.latest, LATEST_FIELDS + SINGLE_FIELDS + WHOLE_FIELDS),
                (Mode.ALL, self.all, ALL_FIELDS),
            )
            for name in names
        }
        self.documents = Documents(LIVE, Limits())
        self.hub = self.new_hub()

    def new_hub(self, clock: Callable[[], float] | None = None) -> Hub:
        """Another process on the same markets."""
        hub = Hub(
            LIVE,
            self.sources.values(),
            new_context=self._new_context,
            follower=Following(markets=(self.latest, self.all)),
            settings=self.settings,
            clock=clock,
        )
        hub.start()
        return hub

    def operation(self, text: str) -> Operation:
        """The one operation of a valid document."""
        document = self.documents.get(text)
        assert not document.errors, (text, document.errors)
        return document.operation()

    async def join(self, text: str, resume_from: str | None = None, **variables: Any) -> Subscriber:
        """A subscriber, whose first message may still be on its way."""
        return await self.hub.subscribe(self.operation(text), variables, resume_from=resume_from)

    async def joined(self, text: str, resume_from: str | None = None, **variables: Any) -> Subscriber:
        """A subscriber that has read its first message."""
        subscriber = await self.join(text, resume_from, **variables)
        await self.idle()
        assert subscriber.taken() is not None
        return subscriber

    def tell(self, *events: Event) -> None:
        """Lets the hub hear of events."""
        for event in events:
            self.hub.on_event(event)

    async def idle(self, hub: Hub | None = None) -> None:
        """Waits until nothing is on its way."""
        while not (hub or self.hub).is_idle:  # noqa: ASYNC110 - there is no one thing to wait for
            await asyncio.sleep(0)

    def _new_context(self, _: Any) -> dict[str, Any]:
        self.contexts += 1
        return {}


class Waiting(Later):
    """A value that is there when a gate opens."""

    def __init__(self, gate: "asyncio.Future[None]") -> None:
        super().__init__(None)
        self._gate = gate

    def __await__(self) -> Any:
        return self._gate.__await__()


def read(message: StreamMessage | None) -> dict[str, Any]:
    """A message that there has to be."""
    assert message is not None
    answer: dict[str, Any] = orjson.loads(message.body)
    return answer


def stream_of(message: StreamMessage | None) -> dict[str, Any]:
    """What a message says of its stream, without its position."""
    told: dict[str, Any] = read(message)["extensions"]["stream"]
    assert message is not None
    assert told.pop("id", None) == message.position
    return told


def rows_of(message: StreamMessage | None) -> list[Any]:
    """The list of a message that has no errors."""
    answer = read(message)
    assert "errors" not in answer, answer
    (rows,) = answer["data"].values()
    return list(rows)
