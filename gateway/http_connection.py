"""
The server's end of an HTTP connection.

What was answered before is answered again as soon as the request is whole, straight into the connection: no task, no
message of ASGI. That takes less than a bare application of one dictionary does. Everything else goes uvicorn's way,
held back until its body is there.

In the ``extensions`` of a scope it offers the application a little more than ASGI does. By ``gateway.wire`` a
connection whose client reads nothing can be ended at once, which closing cannot do, as it waits for what was written
before. By ``gateway.answer`` a whole answer is given in one call: a head and a body that are checked, written and sent
by themselves take 40 µs.
"""

import logging
from functools import partial
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from gateway.endpoint.front import Kept
from gateway.endpoint.http_caching import Fields

logger = logging.getLogger("gateway.connection")


class Answers(Protocol):
    """What may have been answered before; see `gateway.endpoint.front.Front`."""

    path: str
    max_request_bytes: int

    def kept(self, scope: dict[str, Any], body: bytes) -> Kept | None:
        """The answer to a whole request, if there is one already."""


class HTTPConnection(HttpToolsProtocol):
    """
    An HTTP connection.

    Args:
        answers: What may have been answered before.
    """

    def __init__(self, *args: Any, answers: Answers | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        # Who wants each request logged or counted wants it to take the whole way.
        is_passed_on = self.config.access_log or self.root_path or self.limit_concurrency is not None
        self._answers = None if is_passed_on else answers
        self._is_held = False
        self._body = b""

    def on_message_begin(self) -> None:
        """Begins a request."""
        super().on_message_begin()
        self.scope["extensions"] = {"gateway.wire": self.transport}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        """Holds a request back that may have been answered before, and begins any other."""
        if self._answers is not None and self._may_be_known(self._answers):
            self._is_held = True
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Takes a part of a body."""
        if not self._is_held:
            super().on_body(body)
            return
        self._body += body
        assert self._answers is not None  # noqa: S101 - otherwise nothing is held
        if len(self._body) > self._answers.max_request_bytes:
            self._let_go()

    def on_message_complete(self) -> None:
        """Answers what was answered before; otherwise the request takes its way."""
        if self._is_held:
            kept = self._kept()
            if kept is not None:
                self._is_held, self._body = False, b""
                self._write(kept)
                self.on_response_complete()
                return
            self._let_go()
        super().on_message_complete()

    def shutdown(self) -> None:
        """Ends the connection when its requests are answered, one that is still arriving included."""
        if self._is_held:
            self._let_go()
        super().shutdown()

    def _may_be_known(self, answers: Answers) -> bool:
        """Whether this request may have been answered before, and the answer sent without waiting for anything."""
        path, _, query = self.url.partition(b"?")
        method = self.parser.get_method()
        if path.decode("latin-1") != answers.path or method not in (b"GET", b"POST"):
            return False
        scope: Any = self.scope
        scope["method"], scope["path"], scope["query_string"] = method.decode(), answers.path, query
        cycle: Any = self.cycle
        return (
            (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
        )

    def _kept(self) -> Kept | None:
        """The answer to the request that is held, if there is one already."""
        assert self._answers is not None  # noqa: S101 - otherwise nothing is held
        try:
            return self._answers.kept(self.scope, self._body)  # type: ignore[arg-type]
        except Exception:
            # Out of the parser's sight, which would call the request invalid. The application may have an answer.
            logger.exception("what was answered before could not be looked up")
            return None

    def _let_go(self) -> None:
        """Begins the request that was held, as uvicorn does."""
        body, self._is_held, self._body = self._body, False, b""
        super().on_headers_complete()
        extensions: Any = self.scope["extensions"]
        extensions["gateway.answer"] = partial(self._is_answered, self.cycle)
        if body:
            super().on_body(body)

    def _is_answered(self, cycle: RequestResponseCycle, status: int, headers: Fields, body: bytes) -> bool:
        """
        Gives the whole answer to a request of this connection.

        False where nothing was written, because it has to take the whole way: somebody has begun to answer, the client
        is gone or does not read, the connection ends with it, or a header is none.
        """
        if (
            cycle.response_started
            or cycle.disconnected
            or not cycle.keep_alive
            or self.flow.write_paused
            or any(HEADER_RE.search(name) or HEADER_VALUE_RE.search(value) for name, value in headers)
        ):
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        self._write(Kept(status, headers, body))
        cycle.on_response()
        return True

    def _write(self, kept: Kept) -> None:
        head = [STATUS_LINE[kept.status]]
        for name, value in (*self.server_state.default_headers, *kept.headers):
            head += (name, b": ", value, b"\r\n")
        head.append(b"\r\n")
        self.transport.writelines([b"".join(head), kept.body] if kept.body else head)
