"""The connections of one process that stream: how many there may be, and how they end together."""

import asyncio
from collections.abc import Iterator
from typing import Protocol

from gateway.endpoint.requests import HTTPError
from gateway.endpoint.stream_limits import StreamLimits

# How often connections are told to end while they end one after the other.
_STEP_SECONDS = 0.02


class Ending(Protocol):
    """A connection that can be told to end."""

    def end(self) -> None:
        """Begins to tell its client to connect again, and to end."""


class Connections:
    """The connections of one process that stream."""

    def __init__(self, limits: StreamLimits) -> None:
        self.limits = limits
        self.is_closing = False
        # In the order in which they came.
        self._open: dict[Ending, None] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._open)

    def __iter__(self) -> Iterator[Ending]:
        """Them, in the order in which they came."""
        return iter(self._open)

    def add(self, connection: Ending) -> None:
        """
        Counts a connection, until it is discarded.

        Raises:
            HTTPError: If there may not be one more; it says which limit and when to try again.
        """
        seconds = self.limits.retry_seconds
        retry, after = {"Retry-After": str(seconds)}, f"try again in {seconds} s"
        if self.is_closing:
            raise HTTPError(
                503, "UNAVAILABLE", f"this server is shutting down; {after}", retry, retryAfterSeconds=seconds
            )
        most = self.limits.max_connections
        if len(self._open) >= most:
            raise HTTPError(
                503,
                "LIMIT_EXCEEDED",
                f"{most:,} connections stream, the limit max_connections is {most:,}; {after}",
                retry,
                limit="max_connections",
                maximum=most,
                found=most + 1,
                retryAfterSeconds=seconds,
            )
        self._open[connection] = None

    def discard(self, connection: Ending) -> None:
        """Counts it no longer."""
        self._open.pop(connection, None)

    async def close(self, within_seconds: float) -> None:
        """Tells all connections to end, one after the other, so that their clients do not all return at once."""
        self.is_closing = True
        told, leaving = 0, list(self._open)
        clock = asyncio.get_running_loop().time
        begun = clock()
        while told < len(leaving) and self._open:
            part = (clock() - begun) / within_seconds if within_seconds > 0 else 1.0
            due = min(len(leaving), int(part * len(leaving)) + 1)
            for connection in leaving[told:due]:
                if connection in self._open:
                    connection.end()
            told = due
            await asyncio.sleep(_STEP_SECONDS)
