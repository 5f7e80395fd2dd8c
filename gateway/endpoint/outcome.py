"""What became of one operation, and how it is sent."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.types import Send

from gateway.endpoint.compression import is_gzip_asked_for
from gateway.endpoint.http_caching import NOT_KEPT, Fields, HTTPCaching, matches
from gateway.endpoint.response_cache import Answer

Tiers = Mapping[tuple[str, str], tuple[int, float]]
"""How many values each tier gave, by noun and tier, and the age of the oldest in seconds."""

ANSWERED: Final = "gateway.answered"
"""The key of the scope under which the endpoint leaves the answer's key in the cache, and its ``Content-Type``."""

VARY: Final = (b"vary", b"Accept, Accept-Encoding")


@dataclass(slots=True, eq=False, kw_only=True)
class Outcome:
    """
    What became of one operation.

    Attributes:
        status: 200 if it was executed, with errors or without.
        may_be_kept: Whether the answer is the same for everybody who may see it.
        key: Of the answer in the cache of responses, where it may be.
        tiers: What it was made of; None where it was not executed.
    """

    status: int
    answer: Answer
    may_be_kept: bool = False
    key: Hashable = None
    tiers: Tiers | None = None


async def send_outcome(
    send: Send,
    request: Request,
    outcome: Outcome,
    headers: Fields,
    kind: str,
    caching: HTTPCaching,
    minimum_bytes: int | None,
) -> None:
    """
    Sends an outcome as the media type *kind*, or 304 to a client that has it already.

    Args:
        minimum_bytes: Size from which an answer is compressed for a client that asks for it; None for never.
    """
    answer, content_type = outcome.answer, f"{kind}; charset=utf-8".encode()
    if request.method in ("GET", "HEAD"):
        if outcome.key is None:
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                headers.append(NOT_KEPT)
        else:
            headers += caching.fields(answer)
            condition = request.headers.get("if-none-match")
            if condition is not None and matches(condition.encode("latin-1"), answer.etag):
                await send_whole(send, 304, headers)
                return
    if outcome.key is not None:
        request.scope[ANSWERED] = outcome.key, content_type
    body = answer.body
    if minimum_bytes is not None and len(body) >= minimum_bytes and is_gzip_asked_for(request.scope):
        # Of an answer that is kept the compressed form is, too.
        body = await answer.in_gzip()
        headers.append((b"content-encoding", b"gzip"))
    headers += [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send_whole(send, outcome.status, headers, body)


async def send_whole(send: Send, status: int, headers: Fields, body: bytes = b"") -> None:
    """Sends an answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
