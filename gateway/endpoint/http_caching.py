"""What browsers and networks in front of us may keep."""

from collections.abc import Sequence

from gateway.endpoint.response_cache import Answer

Fields = list[tuple[bytes, bytes]]

NOT_KEPT = (b"cache-control", b"no-store")


class HTTPCaching:
    """
    The headers of answers to GET.

    A browser asks again each time, and is told in a few bytes that nothing has changed. Where *shared_seconds* is above
    0, a cache in front of the gateway may answer for so long without asking: it hears of no event, so for that time it
    may give what is older than what a stream has shown.
    """

    def __init__(self, *, shared_seconds: int = 0) -> None:
        control = f"public, max-age=0, s-maxage={shared_seconds}" if shared_seconds else "no-cache"
        self._control = control.encode()

    def fields(self, answer: Answer) -> Fields:
        """The headers of an answer to GET that was executed without an error."""
        return [(b"etag", answer.etag), (b"cache-control", self._control)]


def matches(condition: bytes, etag: bytes) -> bool:
    """Whether an ``If-None-Match`` header names *etag*, compared weakly as RFC 9110 (13.1.2) has it."""
    opaque = etag.removeprefix(b"W/")
    return any(one in (b"*", opaque) for one in _tags(condition))


def _tags(condition: bytes) -> Sequence[bytes]:
    # None of our tags has a comma in it, so a tag of somebody else's that has one matches nothing.
    return [one.strip().removeprefix(b"W/") for one in condition.split(b",")]
