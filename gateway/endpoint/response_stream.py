"""An HTTP response that stays open while something writes into it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.types import Receive, Send

from gateway.endpoint.connections import Connections
from gateway.endpoint.framing import Framing
from gateway.endpoint.http_caching import NOT_KEPT, Fields
from gateway.endpoint.wire import GoneError, wire_of

logger = logging.getLogger("gateway.streams")


class ResponseStream:
    """
    One response.

    Args:
        headers: Of the response, besides those that every stream has.
    """

    def __init__(
        self,
        connections: Connections,
        request: Request,
        receive: Receive,
        send: Send,
        framing: Framing,
        headers: Fields,
    ) -> None:
        self._connections = connections
        self._limits = connections.limits
        self._request_id: str = request.state.request_id
        self._receive = receive
        self._send_message = send
        self._framing = framing
        self._headers = headers
        self._wire = wire_of(request.scope)
        self._writing: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._was_used = False
        self._is_over = False

    async def serve(self, write: Callable[[], Awaitable[None]]) -> None:
        """
        Sends what *write* writes, until it returns or the client is gone.

        Raises:
            HTTPError: If there may not be one more connection.
        """
        self._connections.add(self)
        try:
            # At once, whenever the first result comes.
            await self._start()
            self._writing = asyncio.create_task(self._write(write))
            self._wait()
            # A response that is complete is told as a client that went away.
            while (await self._receive())["type"] != "http.disconnect":
                pass
        finally:
            self._is_over = True
            self._connections.discard(self)
            if self._timer is not None:
                self._timer.cancel()
            running = [task for task in (self._writing, self._beating) if task is not None]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def end(self) -> None:
        """Tells the client to connect again, and ends."""
        if not self._is_over and self._writing is not None:
            self._writing.cancel()
            self._writing = asyncio.create_task(self._restart())

    async def send(self, part: bytes, *, is_last: bool = False) -> None:
        """
        Sends a part.

        Raises:
            GoneError: If the client is gone, or has not read for too long, which ends it.
        """
        if self._is_over:
            raise GoneError
        self._was_used, self._is_over = True, is_last
        seconds = self._limits.send_seconds
        try:
            async with asyncio.timeout(seconds):
                await self._send_message({"type": "http.response.body", "body": part, "more_body": not is_last})
        except TimeoutError:
            logger.info("%s ended: nothing read for %g s", self._request_id, seconds)
            self._is_over = True
            if self._wire is not None:
                self._wire.abort()
            raise GoneError from None
        except OSError:
            raise GoneError from None

    async def _start(self) -> None:
        headers = [
            *self._headers,
            (b"content-type", self._framing.content_type),
            NOT_KEPT,
            # For nginx, which would otherwise gather what is sent.
            (b"x-accel-buffering", b"no"),
        ]
        await self._send_message({"type": "http.response.start", "status": 200, "headers": headers})
        with suppress(GoneError):
            await self.send(self._framing.opening)

    async def _write(self, write: Callable[[], Awaitable[None]]) -> None:
        with suppress(GoneError):
            await write()

    async def _restart(self) -> None:
        with suppress(GoneError):
            await self.send(self._framing.restart, is_last=True)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._limits.ping_seconds, self._beat)

    def _beat(self) -> None:
        if not self._was_used and (self._beating is None or self._beating.done()):
            self._beating = asyncio.create_task(self._keep_alive())
        self._was_used = False
        self._wait()

    async def _keep_alive(self) -> None:
        with suppress(GoneError):
            await self.send(self._framing.beat)
