"""One client's event stream that carries the results of many operations, before it is opened and while it is open."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.requests import Request

from gateway.endpoint.answering import Answering
from gateway.endpoint.encoding import encoded
from gateway.endpoint.requests import HTTPError, OperationRequest
from gateway.endpoint.response_stream import ResponseStream
from gateway.endpoint.sse import complete_event, next_event
from gateway.endpoint.transport_ws import too_many_operations
from gateway.endpoint.wire import GoneError
from gateway.streams.message import StreamEnded


class Reservation:
    """
    One stream.

    Args:
        forget: Called when it is of no use any more.
    """

    def __init__(self, endpoint: Answering[Any, Any], *, max_operations: int, forget: Callable[[], None]) -> None:
        self._endpoint = endpoint
        self._max_operations = max_operations
        self._forget = forget
        self._response: ResponseStream | None = None
        self._opened = asyncio.Event()
        self._operations: dict[str, asyncio.Task[None]] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is somebody who reads."""
        return self._response is not None

    def end(self) -> None:
        """Ends it before it was opened."""
        for task in self._operations.values():
            task.cancel()
        self._operations.clear()
        self._forget()

    async def open(self, response: ResponseStream, serve: Callable[[], Awaitable[None]]) -> None:
        """Lets the operations write into *response* while it is served."""
        self._response = response
        self._opened.set()
        try:
            await serve()
        finally:
            running = list(self._operations.values())
            self.end()
            await asyncio.gather(*running, return_exceptions=True)

    def begin(self, id_: str, request: Request, asked: OperationRequest) -> None:
        """
        Begins an operation, whose results wait for the stream to be opened.

        Raises:
            HTTPError: If its id is taken, or there are too many.
        """
        if id_ in self._operations:
            raise HTTPError(409, "CONFLICT", f"an operation with the id {id_[:80]!r} runs on this connection")
        if len(self._operations) >= self._max_operations:
            error = too_many_operations(self._max_operations)
            facts = dict(error.extensions or {})
            raise HTTPError(429, str(facts.pop("code")), error.message, **facts)
        self._operations[id_] = asyncio.create_task(self._run(id_, request, asked))

    def stop(self, id_: str) -> None:
        """Stops an operation; one that has ended is none."""
        task = self._operations.pop(id_, None)
        if task is not None:
            task.cancel()

    async def _run(self, id_: str, request: Request, asked: OperationRequest) -> None:
        await self._opened.wait()
        with suppress(GoneError):
            await self._send_results(id_, request, asked)
            # Free before the client knows, so that it can use the id at once.
            self._operations.pop(id_, None)
            await self._send(complete_event(id_))

    async def _send_results(self, id_: str, request: Request, asked: OperationRequest) -> None:
        try:
            stream = await self._endpoint.results(request, asked)
            try:
                async for message in stream:
                    await self._send(next_event(id_, message.body))
            finally:
                await stream.aclose()
        except GoneError:
            raise
        except StreamEnded as ended:
            await self._send(next_event(id_, encoded({"errors": ended.errors})))
        except Exception as error:
            await self._send(next_event(id_, encoded({"errors": self._endpoint.ended(request, error).errors})))

    async def _send(self, part: bytes) -> None:
        assert self._response is not None  # noqa: S101 - it was waited for
        await self._response.send(part)
