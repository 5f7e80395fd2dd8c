"""Two gateways over one database, either of which may be gone at any moment; and who publishes all the same."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

import orjson

from loadtests.gateway_process import GatewayProcess, started_gateway
from loadtests.http_client import Connection, post

_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 15.0


class Gateways(Protocol):
    """Two places to go to, which may be the same."""

    def port(self, which: int) -> int | None:
        """Where one of them is; None while it is gone."""


class Alone:
    """
    One gateway that stays where it is.

    Args:
        port: Where it is.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def port(self, which: int) -> int:
        """Where it is."""
        return self._port


class Pair:
    """
    Two gateways.

    Args:
        data: Their data directory.
        settings: By their names.

    Attributes:
        kills: How often one of them was killed.
    """

    def __init__(self, data: Path, settings: Mapping[str, object]) -> None:
        self._data = data
        self._settings = settings
        self._gateways: list[GatewayProcess | None] = [None, None]
        self.kills = 0

    async def __aenter__(self) -> Self:
        """Starts both."""
        try:
            await asyncio.gather(self._start(0), self._start(1))
        except BaseException:
            self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stops whichever runs."""
        await asyncio.to_thread(self._stop)

    def port(self, which: int) -> int | None:
        """Where one of them is; None while it is gone."""
        gateway = self._gateways[which]
        return None if gateway is None else gateway.port

    async def kill_and_restart(self, which: int) -> None:
        """Kills one without a word, and returns when another one has taken its place."""
        gateway, self._gateways[which] = self._gateways[which], None
        assert gateway is not None  # noqa: S101 - nobody else kills
        gateway.kill()
        self.kills += 1
        await self._start(which)

    async def _start(self, which: int) -> None:
        self._gateways[which] = await asyncio.to_thread(started_gateway, self._data, settings=self._settings)

    def _stop(self) -> None:
        for gateway in self._gateways:
            if gateway is not None:
                gateway.stop()


class Publisher:
    """
    Publishes through one gateway for as long as it answers, and then through the other.

    Attributes:
        retries: How often a call was made again, because nobody had said what became of it.
    """

    def __init__(self, gateways: Gateways, *, at: int = 0) -> None:
        self._gateways = gateways
        self._at = at
        self._connection: Connection | None = None
        self.retries = 0

    async def publish(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """
        What the field ``published`` of a mutation says, once somebody has answered.

        Raises:
            RuntimeError: If it is answered by anything but that all is accepted.
        """
        request = post("/graphql", orjson.dumps({"query": query, "variables": variables}))
        while (answer := await self._answer(request)) is None:
            self.retries += 1
            self._at = 1 - self._at
            await asyncio.sleep(_PAUSE_SECONDS)
        published: dict[str, Any] | None = (orjson.loads(answer).get("data") or {}).get("published")
        if published is None or published["errors"]:
            raise RuntimeError(f"publishing was answered {answer[:300]!r}")
        return published

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _answer(self, request: bytes) -> bytes | None:
        """The body of an answer; None where nobody has given one."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                if self._connection is None:
                    port = self._gateways.port(self._at)
                    if port is None:
                        return None
                    self._connection = await Connection.open(port)
                return (await self._connection.exchange(request))[1]
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self.close()
            return None
