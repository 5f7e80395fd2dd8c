"""
``gateway serve`` with a clock in its event loop: ``python -m loadtests.clocked_gateway serve``.

A task asks to be woken every other millisecond, and notes how late it is: that long the loop was busy with something
else.
``POST /clocked`` begins anew and answers with what was noted until then.
"""

import asyncio
import gc
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

import gateway.server
from gateway.app import create_app
from gateway.cli import main
from gateway.endpoint.front import Front

_TICK_SECONDS = 0.002


@dataclass(slots=True)
class Noted:
    """
    What a clock has noted.

    Attributes:
        late_ms: By how much a wake-up was late, at most; what others take of the core is in it.
        busy_ms: Processor time of the loop's thread between two wake-ups, at most.
        over_10_ms: How many wake-ups were later than that.
        garbage_ms: What looking for garbage took at a time, at most.
    """

    late_ms: float = 0.0
    busy_ms: float = 0.0
    over_10_ms: int = 0
    garbage_ms: float = 0.0


class Clock:
    """Notes how long the event loop is busy."""

    def __init__(self) -> None:
        self.noted = Noted()
        self._collecting = 0.0
        gc.callbacks.append(self._collected)

    async def run(self) -> None:
        """Looks every other millisecond."""
        while True:
            wall, busy = time.perf_counter(), time.thread_time()
            await asyncio.sleep(_TICK_SECONDS)
            late_ms = (time.perf_counter() - wall - _TICK_SECONDS) * 1000
            self.noted.late_ms = max(self.noted.late_ms, late_ms)
            self.noted.busy_ms = max(self.noted.busy_ms, (time.thread_time() - busy) * 1000)
            self.noted.over_10_ms += late_ms > 10

    def _collected(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self.noted.garbage_ms = max(self.noted.garbage_ms, (time.perf_counter() - self._collecting) * 1000)


class Clocked:
    """The application, and its clock, which runs from the first question on."""

    def __init__(self, app: Front) -> None:
        self.connections = app.connections
        self.path = app.path
        self.max_request_bytes = app.max_request_bytes
        self.kept = app.kept
        self._app = app
        self._clock = Clock()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers the question, or passes a request on."""
        if scope["type"] != "http" or scope["path"] != "/clocked":
            await self._app(scope, receive, send)
            return
        noted, self._clock.noted = self._clock.noted, Noted()
        if self._running is None:
            self._running = asyncio.create_task(self._clock.run())
        body = orjson.dumps(asdict(noted))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


def clocked(*arguments: Any) -> Clocked:
    """The gateway's application, with a clock."""
    return Clocked(create_app(*arguments))


if __name__ == "__main__":
    gateway.server.create_app = clocked  # type: ignore[attr-defined, assignment]
    sys.exit(main())
