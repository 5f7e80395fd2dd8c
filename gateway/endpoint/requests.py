"""From an HTTP request to the operations that it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope

from gateway.endpoint.negotiation import JSON, media_type
from schema.errors import RequestError

ALLOWED_METHODS = "DELETE, GET, HEAD, OPTIONS, POST, PUT"

# How many times its limit a body is read, without being kept, to be answered.
_PATIENCE = 20


class HTTPError(RequestError):
    """
    A request that never reaches GraphQL.

    Args:
        status: Of the answer, whatever media type it has.
        headers: Of the answer, besides those that every answer has.
        facts: What a program may want to know besides the code.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **facts: object
    ) -> None:
        super().__init__(message, code=code, extensions=facts)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationRequest:
    """
    One operation that a client asks for, before anything of it was parsed.

    Attributes:
        document_id: Names a trusted document, where no text is sent.
        is_read_only: Whether mutations are out of the question, as with GET.
    """

    query: str | None
    variables: dict[str, Any]
    operation_name: str | None
    extensions: dict[str, Any]
    document_id: str | None = None
    is_read_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Operations of one request; each stands alone."""

    operations: list[OperationRequest | HTTPError]


async def operations_of(
    scope: Scope, receive: Receive, *, max_body_bytes: int, max_batch: int
) -> OperationRequest | Batch:
    """
    What a request asks for.

    Raises:
        HTTPError: If the method, the headers, the body or its form cannot be right.
    """
    method = scope["method"]
    if method in ("GET", "HEAD"):
        return _of_query(_parameters(scope["query_string"]))
    if method != "POST":
        raise HTTPError(
            405, "METHOD_NOT_ALLOWED", f"GET or POST was expected, was {method[:20]}", {"Allow": ALLOWED_METHODS}
        )
    given = given_headers(scope)
    _check_content(given)
    body = await _body(given, receive, max_body_bytes)
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPError(400, "BAD_REQUEST", f"the body must be JSON: {error}") from None
    if isinstance(content, list):
        return Batch(operations=_of_batch(content, max_batch))
    return request_of(content)


def _of_batch(content: list[Any], max_batch: int) -> list[OperationRequest | HTTPError]:
    if not content:
        raise HTTPError(400, "BAD_REQUEST", "a batch must hold operations, was empty")
    found = len(content)
    if found > max_batch:
        message = f"the batch has {found:,} operations, the limit max_batch is {max_batch:,}"
        raise HTTPError(400, "LIMIT_EXCEEDED", message, limit="max_batch", maximum=max_batch, found=found)
    operations: list[OperationRequest | HTTPError] = []
    for item in content:
        try:
            operations.append(request_of(item))
        except HTTPError as error:
            operations.append(error)
    return operations


def given_headers(scope: Scope) -> dict[bytes, bytes]:
    """The headers by their names in lower case; of several with one name the first."""
    return dict(reversed(scope["headers"]))


def _check_content(given: Mapping[bytes, bytes]) -> None:
    header = given.get(b"content-type", b"").decode("latin-1")
    kind, parameters = media_type(header)
    if kind != JSON:
        raise _unsupported(f"Content-Type must be {JSON}, was {(header or 'not given')[:100]}", {"Accept": JSON})
    charset = parameters.get("charset", "utf-8")
    if charset not in ("utf-8", "utf8"):
        raise _unsupported(f"the charset must be utf-8, was {charset[:40]}", {"Accept": f"{JSON}; charset=utf-8"})
    encoding = given.get(b"content-encoding", b"identity").decode("latin-1").strip().lower()
    if encoding != "identity":
        raise _unsupported(f"the body must not be compressed, was {encoding[:40]}", {"Accept-Encoding": "identity"})


def _unsupported(message: str, headers: Mapping[str, str]) -> HTTPError:
    return HTTPError(415, "UNSUPPORTED_MEDIA_TYPE", message, headers)


async def _body(given: Mapping[bytes, bytes], receive: Receive, most: int) -> bytes:
    """The whole body, of which no more than *most* bytes are kept."""
    announced = given.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > most * _PATIENCE:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPError(400, "BAD_REQUEST", "the client went away before its body was complete")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= most:
            parts.append(part)
        # Who is cut off in the middle of sending sees a broken connection instead of the answer, so a body that is
        # somewhat too large is read to its end.
        elif size > most * _PATIENCE:
            break
        if not message.get("more_body"):
            break
    if size > most:
        raise _too_large(most)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(most: int) -> HTTPError:
    return HTTPError(413, "BODY_TOO_LARGE", f"a body holds at most {most} bytes", {"Connection": "close"})


def request_of(content: Any) -> OperationRequest:
    """
    The operation that an object of JSON asks for.

    Raises:
        HTTPError: If it is no object, or a part of it has the wrong type.
    """
    if not isinstance(content, dict):
        raise HTTPError(400, "BAD_REQUEST", f"a JSON object was expected, was {_kind(content)}")
    return OperationRequest(
        query=_text(content, "query"),
        variables=_object(content, "variables"),
        operation_name=_text(content, "operationName"),
        extensions=_object(content, "extensions"),
        document_id=_document_id(content),
    )


def _parameters(query_string: bytes) -> QueryParams:
    """The parameters of the address; what is no UTF-8 is refused, rather than replaced by other characters."""
    try:
        unquote_to_bytes(query_string).decode()
    except UnicodeDecodeError:
        raise HTTPError(400, "BAD_REQUEST", "the address must be UTF-8") from None
    return QueryParams(query_string)


def _of_query(parameters: QueryParams) -> OperationRequest:
    content: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if content.get(name):
            try:
                content[name] = orjson.loads(content[name])
            except orjson.JSONDecodeError as error:
                raise HTTPError(400, "BAD_REQUEST", f"{name} must be JSON: {error}") from None
        else:
            content.pop(name, None)
    return OperationRequest(
        query=_text(content, "query"),
        variables=_object(content, "variables"),
        operation_name=_text(content, "operationName"),
        extensions=_object(content, "extensions"),
        document_id=_document_id(content),
        is_read_only=True,
    )


def _document_id(content: Mapping[str, Any]) -> str | None:
    """The id of a trusted document; Apollo's `id` only without a text, beside which clients send ids of their own."""
    return _text(content, "documentId") or (None if content.get("query") else _text(content, "id"))


def _text(content: Mapping[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is None or isinstance(value, str):
        return value
    raise HTTPError(400, "BAD_REQUEST", f"{name} must be a string, was {_kind(value)}")


def _object(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise HTTPError(400, "BAD_REQUEST", f"{name} must be an object, was {_kind(value)}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
