"""The endpoint: one request, one answer, over HTTP."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import orjson

from resolvers.model_endpoint.trouble import ModelTrouble, Trouble

_LARGEST_BYTES = 256 * 1024
_LONGEST_PAUSE_SECONDS = 300.0

# It logs each request with its URL, which may hold what is nobody else's business.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


def completions_url(url: str) -> str:
    """Where chat completions are, for the base of an API with or without ``/v1``, or for the whole URL."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path += "/chat/completions" if path.endswith("/v1") else "/v1/chat/completions"
    return urlunsplit(parts._replace(path=path))


class ModelEndpoint:
    """
    An OpenAI-compatible endpoint.

    It follows no redirects, which would take the key elsewhere, and takes no proxy from the environment.

    Args:
        key: Sent as a bearer token, and shown nowhere. Without it a login in the URL is sent, if there is one.
        timeout_seconds: For the whole answer.
    """

    def __init__(self, *, url: str, model: str, key: str | None, timeout_seconds: float) -> None:
        self.model = model
        self._url = completions_url(url)
        self._timeout = timeout_seconds
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._client = httpx.AsyncClient(
            headers=headers,
            auth=None if key is None else _bearer(key),
            timeout=None,  # noqa: S113
            follow_redirects=False,
            trust_env=False,
        )

    async def answer(self, messages: Sequence[Mapping[str, str]], response_format: Mapping[str, Any]) -> str:
        """
        What the model says to *messages*.

        Raises:
            ModelTrouble: If there is no answer in time, or none that the protocol allows.
        """
        body = orjson.dumps({"model": self.model, "messages": messages, "response_format": response_format})
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(body)
        except TimeoutError:
            raise ModelTrouble(Trouble.TIMEOUT, f"no answer within {self._timeout:g} s") from None
        except httpx.ConnectError:
            raise ModelTrouble(Trouble.UNREACHABLE, "nobody answers there") from None
        except httpx.HTTPError as error:
            raise ModelTrouble(Trouble.CUT, type(error).__name__) from None

    async def _exchange(self, body: bytes) -> str:
        async with self._client.stream("POST", self._url, content=body) as response:
            if response.status_code != 200:
                pause = _pause(response) if response.status_code in (429, 503) else None
                raise ModelTrouble(Trouble.STATUS, str(response.status_code), pause_seconds=pause)
            read = bytearray()
            async for part in response.aiter_bytes():
                read += part
                if len(read) > _LARGEST_BYTES:
                    raise ModelTrouble(Trouble.PROTOCOL, f"more than {_LARGEST_BYTES} bytes")
        return _content(bytes(read))

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()


def _bearer(key: str) -> Callable[[httpx.Request], httpx.Request]:
    """Sets the key where the client would set a login of the URL."""

    def signed(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {key}"
        return request

    return signed


def _content(body: bytes) -> str:
    """The text of the first choice."""
    try:
        answer: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ModelTrouble(Trouble.PROTOCOL, "the answer is not JSON") from None
    match answer:
        case {"choices": [{"message": {"content": str(content)}}, *_]}:
            return content
    raise ModelTrouble(Trouble.PROTOCOL, "the answer has no choice with a text")


def _pause(response: httpx.Response) -> float | None:
    """Seconds of a ``Retry-After``; its other form, a date, counts as none."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE_SECONDS) if text.isascii() and text.isdigit() else None
