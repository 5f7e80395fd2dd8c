"""A WebSocket that is open: the I/O around the protocol of `transport_ws`."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Send
from starlette.websockets import WebSocket

from gateway.endpoint.answering import Answering
from gateway.endpoint.connections import Connections
from gateway.endpoint.socket_sink import SocketSink
from gateway.endpoint.transport_ws import PING, Answer, Begun, Close, Connection, Event, Initialise, Stopped
from gateway.endpoint.wire import GoneError, TextWire, text_wire_of
from gateway.streams.message import SinkingStream, StreamEnded
from schema.errors import RequestError

logger = logging.getLogger("gateway.websocket")

# As after 1013, clients connect again; after 1011, of a ping without an answer elsewhere, graphql-ws does not.
_RESTART = Close(1012, "the server restarts: connect again, and resume after the last position")
_INTERNAL = Close(4500, "Internal server error")
_FORBIDDEN = 4403
_LATE = 4408


class OpenSocket:
    """One connection: a task that reads, and one for each operation."""

    __slots__ = (
        "__weakref__",
        "_connection",
        "_ending",
        "_endpoint",
        "_is_closing",
        "_is_silent",
        "_limits",
        "_receive",
        "_send_message",
        "_tasks",
        "_timer",
        "_websocket",
        "_wire",
    )

    def __init__(
        self,
        endpoint: Answering[Any, Any],
        connections: Connections,
        websocket: WebSocket,
        receive: Receive,
        send: Send,
    ) -> None:
        self._endpoint = endpoint
        self._limits = connections.limits
        self._websocket = websocket
        self._receive = receive
        self._send_message = send
        self._wire: TextWire | None = text_wire_of(websocket.scope)
        self._connection = Connection(max_operations=connections.limits.max_operations)
        self._tasks: dict[Begun, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._is_silent = False
        self._is_closing = False

    async def serve(self) -> None:
        """Does what the client asks for, until one of both ends it."""
        self._later(self._limits.init_seconds, self._not_initialised)
        try:
            while (message := await self._receive())["type"] == "websocket.receive":
                self._is_silent = False
                text = message.get("text")
                event = self._connection.receive(message["bytes"] if text is None else text)
                if event is not None:
                    await self._obey(event)
        except Close as reason:
            await self.close(reason)
        except GoneError:
            pass
        except Exception:
            # Whatever an endpoint's own `welcome` raises; operations deal with their errors themselves.
            logger.exception("unforeseen error on connection %s", self._websocket.state.request_id)
            await self.close(_INTERNAL)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            await self._stop()

    def end(self) -> None:
        """Tells the client to connect again and where each operation can be resumed, and closes."""
        self._soon(_RESTART)

    async def close(self, reason: Close) -> None:
        """Closes the connection; a client that does not take notice of it is ended."""
        if self._is_closing:
            return
        self._is_closing = True
        seconds = self._limits.send_seconds
        if self._wire is not None:
            # What was sent before it may stay unread for ever, and nobody else would end that.
            asyncio.get_running_loop().call_later(seconds, self._wire.abort)
        message = {"type": "websocket.close", "code": reason.code, "reason": reason.reason}
        # RuntimeError: the client has closed it meanwhile.
        with suppress(TimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(seconds):
                await self._send_message(message)

    async def _obey(self, event: Event) -> None:
        match event:
            case Begun(refused=None):
                self._tasks[event] = asyncio.create_task(self._send_results(event))
            case Begun():
                assert event.refused is not None  # noqa: S101 - the case above
                await self._send(self._connection.error(event, [dict(event.refused.formatted)]))
            case Stopped():
                task = self._tasks.get(event.begun)
                if task is not None:
                    task.cancel()
            case Answer():
                await self._send(event.text)
            case Initialise():
                await self._initialise(event.payload)

    async def _initialise(self, payload: dict[str, Any]) -> None:
        self._websocket.state.connection_params = payload
        try:
            answer = await self._endpoint.welcome(self._websocket, payload)
        except RequestError as refused:
            raise Close(_FORBIDDEN, refused.message) from None
        await self._send(self._connection.acknowledge(answer))
        self._later(self._limits.ping_seconds, self._beat)

    async def _send_results(self, begun: Begun) -> None:
        """Sends all that becomes of an operation."""
        try:
            try:
                stream = await self._endpoint.results(self._websocket, begun.asked)
                if self._wire is not None and isinstance(stream, SinkingStream):
                    stream.sink = SocketSink(begun, self._wire)
                try:
                    async for message in stream:
                        await self._send(self._connection.next(begun, message.body))
                        begun.position = message.position
                finally:
                    await stream.aclose()
                last = self._connection.complete(begun)
            except (GoneError, asyncio.CancelledError):
                raise
            except StreamEnded as ended:
                last = self._connection.error(begun, ended.errors)
            except Exception as error:
                last = self._connection.error(begun, self._endpoint.ended(self._websocket, error).errors)
            await self._send(last)
        except GoneError:
            pass
        finally:
            self._tasks.pop(begun, None)

    async def _send(self, text: bytes | None) -> None:
        """
        Sends a text; None is nothing to send.

        Raises:
            GoneError: If the client is gone, or has not read for too long, which ends it.
        """
        if text is None:
            return
        if self._is_closing:
            raise GoneError
        if self._wire is not None and self._wire.is_writable:
            self._wire.write(text)
            return
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._send_message({"type": "websocket.send", "text": text.decode()})
        except TimeoutError:
            self._abandon()
            raise GoneError from None
        except (OSError, RuntimeError):
            raise GoneError from None

    def _abandon(self) -> None:
        """Ends a client that does not read: it would not see a close either."""
        if not self._is_closing:
            self._is_closing = True
            seconds = self._limits.send_seconds
            logger.info("%s ended: nothing read for %g s", self._websocket.state.request_id, seconds)
        if self._wire is not None:
            self._wire.abort()

    def _later(self, seconds: float, what: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, what)

    def _not_initialised(self) -> None:
        self._soon(Close(_LATE, "Connection initialisation timeout"))

    def _beat(self) -> None:
        """Tries whether the client is there."""
        if self._is_silent:
            self._soon(Close(_LATE, f"a ping was not answered within {self._limits.ping_seconds:g} s"))
            return
        self._is_silent = True
        self._later(self._limits.ping_seconds, self._beat)
        if self._wire is not None and self._wire.is_writable:
            self._wire.write(PING)
        else:
            self._ending = asyncio.create_task(self._ping())

    async def _ping(self) -> None:
        with suppress(GoneError):
            await self._send(PING)

    def _soon(self, reason: Close) -> None:
        if not self._is_closing:
            self._ending = asyncio.create_task(self._leave(reason))

    async def _leave(self, reason: Close) -> None:
        # First, so that what is told of positions stays true.
        for task in self._tasks.values():
            task.cancel()
        if reason is _RESTART:
            with suppress(GoneError):
                await self._send(self._connection.farewell())
        await self.close(reason)

    async def _stop(self) -> None:
        """Ends all that runs for the client."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
