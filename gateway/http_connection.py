"""
The server's end of an HTTP connection.

What was answered before is answered again as soon as the request is whole, straight into the connection: no task, no
message of ASGI. That takes less than a bare application of one dictionary does. Everything else goes uvicorn's way,
held back until its body is there.

In ``scope["extensions"]["gateway.wire"]`` it offers the application a little more than ASGI does: a connection whose
client reads nothing can be ended at once, which closing cannot do, as it waits for what was written before.
"""

import logging
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.endpoint.front import Kept

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
        if body:
            super().on_body(body)

    def _write(self, kept: Kept) -> None:
        head = [STATUS_LINE[kept.status]]
        for name, value in (*self.server_state.default_headers, *kept.headers):
            head += (name, b": ", value, b"\r\n")
        head.append(b"\r\n")
        self.transport.writelines([b"".join(head), kept.body] if kept.body else head)
