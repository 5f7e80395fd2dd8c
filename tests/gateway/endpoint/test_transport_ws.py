"""The protocol of graphql-transport-ws, sentence by sentence."""

import json
from typing import Any

import pytest

from gateway.endpoint.transport_ws import Answer, Begun, Close, Connection, Event, Initialise, Stopped

_INIT = {"type": "connection_init"}
_PERSISTED = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}


def _subscribe(id_: Any = "1", **payload: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": id_, "payload": payload or {"query": "{ hello }"}}


def _told(connection: Connection, message: Any) -> Event | None:
    """What a message asks to do; an initialisation is acknowledged."""
    event = connection.receive(message if isinstance(message, str | bytes) else json.dumps(message))
    if isinstance(event, Initialise):
        connection.acknowledge()
    return event


def _connection(*said: Any, max_operations: int = 10) -> Connection:
    connection = Connection(max_operations=max_operations)
    for message in said:
        _told(connection, message)
    return connection


def _begun(connection: Connection, message: Any) -> Begun:
    event = _told(connection, message)
    assert isinstance(event, Begun)
    return event


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ([b"\x00"], 4400, "messages must be text frames, was a binary one"),
        (["{"], 4400, "messages must be JSON"),
        (["[" * 100_000], 4400, "messages must be JSON"),
        (["5"], 4400, "messages must be objects of JSON"),
        (["null"], 4400, "messages must be objects of JSON"),
        ([{}], 4400, "type must be one of the protocol's, was 'None'"),
        ([{"type": "start"}], 4400, "type must be one of the protocol's, was 'start'"),
        ([{"type": "next", "id": "1"}], 4400, "type must be one of the protocol's, was 'next'"),
        ([{"type": ["ping"]}], 4400, "type must be one of the protocol's, was \"['ping']\""),
        ([{"type": "connection_init", "payload": 5}], 4400, "payload must be an object"),
        ([{"type": "ping", "payload": "x"}], 4400, "payload must be an object"),
        ([{"type": "pong", "payload": []}], 4400, "payload must be an object"),
        ([_INIT, _INIT], 4429, "Too many initialisation requests"),
        ([_subscribe()], 4401, "Unauthorized"),
        ([_INIT, {"type": "subscribe", "payload": {"query": "{ a }"}}], 4400, "id must be a string that is not empty"),
        ([_INIT, _subscribe("")], 4400, "id must be a string that is not empty"),
        ([_INIT, _subscribe(5)], 4400, "id must be a string that is not empty"),
        ([_INIT, {"type": "subscribe", "id": "1"}], 4400, "payload must be an object, was not given"),
        ([_INIT, {"type": "subscribe", "id": "1", "payload": "{ a }"}], 4400, "payload must be an object"),
        ([_INIT, _subscribe(variables={})], 4400, "query must be a string, was not given"),
        ([_INIT, _subscribe(query=5)], 4400, "query must be a string, was a number"),
        ([_INIT, _subscribe(query="{ a }", variables=[])], 4400, "variables must be an object, was an array"),
        ([_INIT, _subscribe(query="{ a }", extensions=1)], 4400, "extensions must be an object, was a number"),
        ([_INIT, _subscribe(query="{ a }", operationName={})], 4400, "operationName must be a string, was an object"),
        ([_INIT, {"type": "complete"}], 4400, "id must be a string that is not empty"),
        ([_INIT, _subscribe("a"), _subscribe("a")], 4409, "Subscriber for a already exists"),
        ([_INIT, _subscribe("ä" * 500), _subscribe("ä" * 500)], 4409, f"Subscriber for {'ä' * 54}"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_the_protocol_does_not_allow_closes_the_socket(said: list[Any], code: int, reason: str) -> None:
    """With the protocol's codes, at the last message, and a reason that a close frame can hold."""
    connection = _connection(*said[:-1])
    with pytest.raises(Close) as closed:
        _told(connection, said[-1])
    assert closed.value.code == code
    assert closed.value.reason.startswith(reason)
    assert len(closed.value.reason.encode()) <= 123


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ({"type": "ping"}, {"type": "pong"}),
        ({"type": "ping", "payload": None}, {"type": "pong"}),
        ({"type": "ping", "payload": {"a": 1}}, {"type": "pong", "payload": {"a": 1}}),
    ],
    ids=str,
)
@pytest.mark.parametrize("said", [[], [_INIT]], ids=["before", "after"])
def test_a_ping_is_answered_at_any_time(said: list[Any], message: Any, answer: Any) -> None:
    """With what it brought."""
    event = _told(_connection(*said), message)
    assert isinstance(event, Answer)
    assert json.loads(event.text) == answer


@pytest.mark.parametrize(
    "message",
    [{"type": "pong"}, {"type": "pong", "payload": {"a": 1}}, {"type": "complete", "id": "unknown"}],
    ids=str,
)
def test_what_asks_for_nothing_is_ignored(message: Any) -> None:
    """Pongs that nobody asked for, and operations that have ended."""
    assert _told(_connection(_INIT), message) is None


def test_the_client_says_something_of_itself() -> None:
    """And may be told something."""
    connection = Connection(max_operations=1)
    assert connection.receive('{"type":"connection_init","payload":{"token":"t"}}') == Initialise({"token": "t"})
    assert json.loads(connection.acknowledge({"a": 1})) == {"type": "connection_ack", "payload": {"a": 1}}
    assert json.loads(Connection(max_operations=1).acknowledge()) == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "payload",
    [{"extensions": _PERSISTED}, {"query": None, "extensions": _PERSISTED}, {"documentId": "a"}, {"id": "a"}],
    ids=str,
)
def test_a_persisted_operation_needs_no_text(payload: dict[str, Any]) -> None:
    """Its hash or id is enough; which text it has is not the protocol's business."""
    asked = _begun(_connection(_INIT), _subscribe(**payload)).asked
    assert asked.query is None
    assert asked.extensions.get("persistedQuery") or asked.document_id == "a"


def test_an_operation_is_asked_for_with_all_that_http_takes() -> None:
    """Variables, a name and extensions."""
    asked = _begun(
        _connection(_INIT), _subscribe(query="{ a }", variables={"b": 1}, operationName="c", extensions={"d": 2})
    ).asked
    assert (asked.query, asked.variables, asked.operation_name, asked.extensions) == ("{ a }", {"b": 1}, "c", {"d": 2})
    assert not asked.is_read_only


def test_results_go_to_their_operation() -> None:
    """With its id, whatever characters that has, until it is complete."""
    connection = _connection(_INIT)
    begun = _begun(connection, _subscribe('a"\n'))
    body = connection.next(begun, b'{"data":1}')
    assert body is not None
    assert json.loads(body) == {"id": 'a"\n', "type": "next", "payload": {"data": 1}}
    text = connection.complete(begun)
    assert text is not None
    assert json.loads(text) == {"id": 'a"\n', "type": "complete"}
    assert connection.next(begun, b"{}") is connection.complete(begun) is connection.error(begun, []) is None


def test_an_error_ends_an_operation_and_nothing_else() -> None:
    """No complete follows, and the id is free again."""
    connection = _connection(_INIT)
    begun, other = _begun(connection, _subscribe("1")), _begun(connection, _subscribe("2"))
    text = connection.error(begun, [{"message": "m"}])
    assert text is not None
    assert json.loads(text) == {"id": "1", "type": "error", "payload": [{"message": "m"}]}
    assert connection.complete(begun) is None
    assert connection.next(other, b"{}") is not None
    _begun(connection, _subscribe("1"))


def test_nothing_is_sent_of_an_operation_that_was_stopped() -> None:
    """Nor in the name of one that has its id again."""
    connection = _connection(_INIT)
    first = _begun(connection, _subscribe("1"))
    assert _told(connection, {"type": "complete", "id": "1"}) == Stopped(first)
    second = _begun(connection, _subscribe("1"))
    assert connection.next(first, b"{}") is connection.complete(first) is connection.error(first, []) is None
    assert connection.next(second, b"{}") is not None


def test_one_operation_too_many_says_which_limit() -> None:
    """And frees its place when it has been told so."""
    connection = _connection(_INIT, max_operations=2)
    first = _begun(connection, _subscribe("1"))
    assert first.refused is _begun(connection, _subscribe("2")).refused is None
    third = _begun(connection, _subscribe("3"))
    assert third.refused is not None
    assert third.refused.message == (
        "the connection has 2 operations, the limit max_operations is 2; try again when one of them has ended"
    )
    extensions = {"code": "LIMIT_EXCEEDED", "limit": "max_operations", "maximum": 2, "found": 3}
    assert third.refused.extensions == extensions
    connection.error(third, [])
    connection.complete(first)
    assert _begun(connection, _subscribe("3")).refused is None


def test_a_farewell_names_the_positions_that_were_sent() -> None:
    """Of operations that go on; there is none where nothing can be resumed."""
    connection = _connection(_INIT)
    assert connection.farewell() is None
    one, other = _begun(connection, _subscribe("1")), _begun(connection, _subscribe("2"))
    _begun(connection, _subscribe("3"))
    one.position, other.position = "a", "b"
    connection.complete(other)
    text = connection.farewell()
    assert text is not None
    assert json.loads(text) == {"type": "ping", "payload": {"resumeFrom": {"1": "a"}}}
