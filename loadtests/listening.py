"""Clients that listen, lose their connections, and go on where they were, on whichever gateway there is."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from loadtests.line import Gone
from loadtests.pair import Gateways
from loadtests.stream_clients import Ended, subscribed
from resolvers.events.position import parsed_position
from resolvers.model.event import EventKind

_PAUSE_SECONDS = 0.05
_BEGIN_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """
    One message.

    Attributes:
        number: The event that its position is after; that of the message before where it has none.
        items: Those of the field, of which one that is an object is the only one.
        is_resumed: Whether it is the first one on its connection, and the connection was to go on after an earlier one.
        moment: When it was heard, in seconds of the event loop.
    """

    number: int
    items: list[Any]
    skipped: int
    is_reset: bool
    is_resumed: bool
    status: str | None
    moment: float


@dataclass(kw_only=True, slots=True)
class Listener:
    """
    One client.

    Args:
        kind: Of the events that its field tells of.
        wanted: The symbols that it listens to.
        restless: How likely it is to cut its connection after a message, and to connect again anywhere.
        read_limit: About how many bytes it reads ahead of what it takes; None for as many as the system likes.
        may_read: It takes nothing while this is not set.

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
    read_limit: int | None = None
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[Heard] = field(default_factory=list)
    resumes: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    _position: str | None = None

    def __post_init__(self) -> None:
        """Reads, until it is told not to."""
        self.may_read.set()

    async def run(self, gateways: Gateways, chance: random.Random) -> None:
        """Listens until it is cancelled."""
        while True:
            port = gateways.port(self.at)
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
        client = await subscribed(
            self.transport, port, self.query, self.variables, resumed_from, read_limit=self.read_limit
        )
        is_resumed = resumed_from is not None
        try:
            while True:
                if not self.may_read.is_set():
                    await self.may_read.wait()
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
                moment=asyncio.get_running_loop().time(),
            )
        )


async def until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether that came to be so in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 - of many clients, each with a condition of its own
                await asyncio.sleep(0.05)
    return is_so()


@asynccontextmanager
async def listening(listeners: Iterable[Listener], gateways: Gateways) -> AsyncIterator[None]:
    """
    Everybody listens, and knows the state to begin with, until the block is left.

    Raises:
        RuntimeError: If somebody does not, or hears what cannot be.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one.run(gateways, random.Random(at))) for at, one in enumerate(listeners)]
        try:
            if not await until(lambda: all(one.heard for one in listeners), _BEGIN_SECONDS):
                raise RuntimeError("not all clients were given a state to begin with")
            yield
        finally:
            for task in tasks:
                task.cancel()
