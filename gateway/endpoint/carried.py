"""What a schema adds to an answer: the response that strawberry's view gives to a context."""

from starlette.background import BackgroundTask
from starlette.responses import Response

# They say how the answer is to be read and which one it is, which the endpoint knows.
_OWN_HEADERS = frozenset((b"content-type", b"content-length", b"transfer-encoding", b"x-request-id"))
_WITHOUT_BODY = (204, 205, 304)


class Carried(Response):
    """
    A response that holds nothing yet, for headers, cookies, a status and a background task.

    `Response` itself would render a body and headers for it: 3 µs of every request.
    """

    status_code: int | None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.status_code = None
        self.background: BackgroundTask | None = None
        self.body = b""
        self.raw_headers: list[tuple[bytes, bytes]] = []


def headers_of(response: Response) -> list[tuple[bytes, bytes]]:
    """The headers that an answer takes from *response*, each cookie by itself; the endpoint's own are left out."""
    return [(name, value) for name, value in response.raw_headers if name.lower() not in _OWN_HEADERS]


def status_of(response: Response) -> int | None:
    """The status that was set; None where none was, or one whose answers have no body."""
    status: int | None = response.status_code
    return status if status is not None and status >= 200 and status not in _WITHOUT_BODY else None


def is_untouched(response: Response) -> bool:
    """Whether nothing was set on *response*, so that the answer is its body alone."""
    status: int | None = response.status_code
    return not response.raw_headers and status is None and response.background is None
