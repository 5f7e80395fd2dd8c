"""Clients that listen, lose their connections, and go on where they were, on whichever gateway there is."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtests.pair import Pair
from loadtests.stream_clients import Ended, Gone, subscribed
from resolvers.events.position import parsed_position
from resolvers.model.event import EventKind

_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """
    One message.

    Attributes:
        number: The event that its position is after; that of the message before where it has none.
        items: Those of the field, of which one that is an object is the only one.
        is_resumed: Whether it is the first one on its connection, and the connection was to go on after an earlier one.
    """

    number: int
    items: list[Any]
    skipped: int
    is_reset: bool
    is_resumed: bool
    status: str | None


@dataclass(kw_only=True, slots=True)
class Listener:
    """
    One client.

    Args:
        kind: Of the events that its field tells of.
        wanted: The symbols that it listens to.
        restless: How likely it is to cut its connection after a message, and to connect again anywhere.

    Attributes:
        at: Which of the gateways it is at.
        resumes: How often it has gone on after it had lost its connection.
        endings: Why the gateways have ended its streams.
    """

    kind: EventKind
    transport: str
    query: str
    variables: Mapping[str, Any]
    wanted: frozenset[str]
    origin: str
    at: int
    restless: float = 0.0
    heard: list[Heard] = field(default_factory=list)
    resumes: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    _position: str | None = None

    async def run(self, pair: Pair, chance: random.Random) -> None:
        """Listens until it is cancelled."""
        while True:
            port = pair.port(self.at)
            try:
                if port is None:
                    raise Gone("it is not there now")
                await self._listen(port, chance)
                self.at = chance.randrange(2)
            except Gone:
                self.at = 1 - self.at
            except Ended as ended:
                (error,) = ended.errors
                self.endings[error["extensions"]["code"]] += 1
                self._position = error["extensions"]["position"] or self._position
            await asyncio.sleep(_PAUSE_SECONDS * chance.random())

    async def _listen(self, port: int, chance: random.Random) -> None:
        """Hears until the connection is lost, or cut by itself."""
        resumed_from = self._position
        client = await subscribed(self.transport, port, self.query, self.variables, resumed_from)
        is_resumed = resumed_from is not None
        try:
            while True:
                self._note(await client.hear(), is_resumed=is_resumed)
                self.resumes += is_resumed
                is_resumed = False
                if chance.random() < self.restless:
                    return
        finally:
            client.abort()

    def _note(self, result: dict[str, Any], *, is_resumed: bool) -> None:
        if result.get("errors"):
            raise RuntimeError(f"a stream told of {result['errors'][0]}")
        told = result["extensions"]["stream"]
        (data,) = result["data"].values()
        number = self.heard[-1].number if self.heard else 0
        if "id" in told:
            self._position = told["id"]
            number = parsed_position(told["id"], self.origin)[self.kind]
        self.heard.append(
            Heard(
                number=number,
                items=data if isinstance(data, list) else [data],
                skipped=told.get("skipped", 0),
                is_reset=told.get("reset", False),
                is_resumed=is_resumed,
                status=told.get("status"),
            )
        )
