"""
The server's side of graphql-transport-ws, without I/O.

    text -> receive() -> what to do          what became of it -> next(), error(), complete() -> text

Source: the protocol's text, PROTOCOL.md of github.com/enisdenjo/graphql-ws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias

import orjson

from gateway.endpoint.encoding import encoded
from gateway.endpoint.requests import HTTPError, OperationRequest, request_of
from schema.errors import RequestError

SUBPROTOCOL: Final = "graphql-transport-ws"

ACKNOWLEDGED: Final = b'{"type":"connection_ack"}'
PING: Final = b'{"type":"ping"}'

_LONGEST_REASON: Final = 123
_SHOWN_OF_AN_ID: Final = 80
_KEPT_OF_IDS: Final = 40


class Close(Exception):
    """
    Why the socket is closed.

    Args:
        code: Of the close frame.
        reason: In words; what does not fit a close frame is cut off.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Initialise:
    """The client asks to begin, with what it says of itself; answered by `Connection.acknowledge`."""

    payload: dict[str, Any]


@dataclass(slots=True, eq=False)
class Begun:
    """
    An operation that the client asks for.

    Attributes:
        refused: Why it is not executed, if it is not.
        position: Of the last result that was sent, for whoever sends to set.
        is_wanted: Whether the client still wants it.
        prefix, before_result: How each of its messages begins, and each with a result.
    """

    id: str
    asked: OperationRequest
    refused: RequestError | None = None
    position: str | None = None
    is_wanted: bool = False
    prefix: bytes = field(init=False)
    before_result: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Writes down how its messages begin."""
        self.prefix = b'{"id":' + orjson.dumps(self.id)
        self.before_result = before_result(self.id)


# One text for all who call their operations the same, as most clients call their first: they share frames by it.
@lru_cache(maxsize=1000)
def _before_result(id_: str) -> bytes:
    return b'{"id":' + orjson.dumps(id_) + b',"type":"next","payload":'


def before_result(id_: str) -> bytes:
    """How a message with a result begins; kept for ids as clients make them, and not for long ones."""
    return _before_result(id_) if len(id_) <= _KEPT_OF_IDS else _before_result.__wrapped__(id_)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The client wants no more of an operation."""

    begun: Begun


@dataclass(frozen=True, slots=True)
class Answer:
    """A text to be sent at once."""

    text: bytes


Event: TypeAlias = Initialise | Begun | Stopped | Answer


class Connection:
    """
    One connection, which knows what the client may say next.

    Args:
        max_operations: Most operations at the same time.
    """

    __slots__ = ("_max_operations", "_operations", "is_acknowledged", "is_initialised")

    def __init__(self, *, max_operations: int) -> None:
        self.is_initialised = False
        self.is_acknowledged = False
        self._max_operations = max_operations
        self._operations: dict[str, Begun] = {}

    def receive(self, text: str | bytes) -> Event | None:
        """
        What a message asks to do; None for one that asks for nothing.

        Raises:
            Close: If the protocol does not allow it.
        """
        message = _object(text)
        kind = message.get("type")
        match kind:
            case "subscribe":
                return self._subscribe(message)
            case "complete":
                begun = self._operations.pop(_id(message), None)
                if begun is None:
                    return None
                begun.is_wanted = False
                return Stopped(begun)
            case "ping":
                payload = _payload(message)
                return Answer(b'{"type":"pong"}' if payload is None else _with_payload("pong", payload))
            case "pong":
                _payload(message)
                return None
            case "connection_init":
                payload = _payload(message)
                if self.is_initialised:
                    raise Close(4429, "Too many initialisation requests")
                self.is_initialised = True
                return Initialise(payload or {})
        raise Close(4400, f"type must be one of the protocol's, was {str(kind)[:40]!r}")

    def acknowledge(self, payload: Mapping[str, Any] | None = None) -> bytes:
        """The text that lets the client begin."""
        self.is_acknowledged = True
        return ACKNOWLEDGED if payload is None else _with_payload("connection_ack", payload)

    def next(self, begun: Begun, body: bytes) -> bytes | None:
        """The text of one result; None if the client wants no more of the operation."""
        return begun.before_result + body + b"}" if begun.is_wanted else None

    def error(self, begun: Begun, errors: list[dict[str, Any]]) -> bytes | None:
        """The text that ends an operation by errors; None if it has ended."""
        if not self._end(begun):
            return None
        return begun.prefix + b',"type":"error","payload":' + encoded(errors) + b"}"

    def complete(self, begun: Begun) -> bytes | None:
        """The text that ends an operation; None if it has ended."""
        return begun.prefix + b',"type":"complete"}' if self._end(begun) else None

    def farewell(self) -> bytes | None:
        """A ping that says where each operation can be resumed; None if none can."""
        positions = {one.id: one.position for one in self._operations.values() if one.position is not None}
        return _with_payload("ping", {"resumeFrom": positions}) if positions else None

    def _end(self, begun: Begun) -> bool:
        # The client may have stopped it, and begun another with its id.
        if not begun.is_wanted:
            return False
        begun.is_wanted = False
        del self._operations[begun.id]
        return True

    def _subscribe(self, message: dict[str, Any]) -> Begun:
        id_ = _id(message)
        payload = _payload(message)
        if payload is None:
            raise Close(4400, "payload must be an object, was not given")
        try:
            asked = request_of(payload)
        except HTTPError as error:
            raise Close(4400, error.message) from None
        if asked.query is None and asked.document_id is None and "persistedQuery" not in asked.extensions:
            raise Close(4400, "query must be a string, was not given")
        if not self.is_acknowledged:
            raise Close(4401, "Unauthorized")
        if id_ in self._operations:
            raise Close(4409, f"Subscriber for {id_[:_SHOWN_OF_AN_ID]} already exists")
        is_one_too_many = len(self._operations) >= self._max_operations
        begun = Begun(id_, asked, too_many_operations(self._max_operations) if is_one_too_many else None)
        begun.is_wanted = True
        self._operations[id_] = begun
        return begun


def too_many_operations(most: int) -> RequestError:
    """Why one more operation is refused."""
    return RequestError(
        f"the connection has {most:,} operations, the limit max_operations is {most:,}; "
        "try again when one of them has ended",
        code="LIMIT_EXCEEDED",
        extensions={"limit": "max_operations", "maximum": most, "found": most + 1},
    )


def _object(text: str | bytes) -> dict[str, Any]:
    if not isinstance(text, str):
        raise Close(4400, "messages must be text frames, was a binary one")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Close(4400, "messages must be JSON") from None
    if not isinstance(message, dict):
        raise Close(4400, "messages must be objects of JSON")
    return message


def _id(message: dict[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        raise Close(4400, "id must be a string that is not empty")
    return id_


def _payload(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Close(4400, "payload must be an object")
    return payload


def _with_payload(kind: str, payload: Mapping[str, Any]) -> bytes:
    return encoded({"type": kind, "payload": payload})
