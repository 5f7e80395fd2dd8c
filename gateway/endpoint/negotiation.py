"""Media types: what a client sends, what it takes, and which of ours it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"

# Of Apollo's protocol for subscriptions, without which multipart means something else.
SPECIFICATION = "1.0"

# Where a client takes both equally it gets the newer one, whose status codes say more.
_OFFERED = (RESPONSE_JSON, JSON)

# A client sends the same headers with each request.
_HEADERS = 100


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One entry of an ``Accept`` header."""

    kind: str
    quality: float

    def specificity(self) -> int:
        """How closely it names a type: 2 for a type, 1 for a group, 0 for all."""
        return 0 if self.kind == "*/*" else 1 if self.kind.endswith("/*") else 2

    def covers(self, kind: str) -> bool:
        """Whether *kind* is meant."""
        return self.kind in ("*/*", kind, f"{kind.partition('/')[0]}/*")


@lru_cache(maxsize=_HEADERS)
def media_type(header: str) -> tuple[str, Mapping[str, str]]:
    """The type of a ``Content-Type`` or of an entry of ``Accept``, in lower case, and its parameters."""
    kind, *parameters = header.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return kind.strip().lower(), {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs}


def media_ranges(accept: str) -> list[MediaRange]:
    """The entries of an ``Accept`` header; an entry whose quality is no number counts as not acceptable."""
    ranges = []
    for entry in accept.split(","):
        kind, parameters = media_type(entry)
        if kind:
            try:
                quality = float(parameters.get("q", "1"))
            except ValueError:
                quality = 0.0
            ranges.append(MediaRange(kind, quality if 0 <= quality <= 1 else 0.0))
    return ranges


def quality_of(kind: str, ranges: list[MediaRange]) -> float:
    """How much a client wants *kind*: the quality of the entry that names it most closely, 0 where none does."""
    covering = [one for one in ranges if one.covers(kind)]
    return max(covering, key=MediaRange.specificity).quality if covering else 0.0


def prefers(accept: str, one: str, other: str) -> bool:
    """Whether a header *accept* gives *one* a higher quality than *other*."""
    ranges = media_ranges(accept)
    return quality_of(one, ranges) > quality_of(other, ranges)


@dataclass(frozen=True, slots=True)
class StreamType:
    """
    A type of response that stays open.

    Attributes:
        is_preferred: Whether the client wants it for every operation, rather than only where one needs it.
    """

    kind: str
    is_preferred: bool


@lru_cache(maxsize=_HEADERS)
def stream_type(accept: str) -> StreamType | None:
    """
    Which of our streams a client takes; None where it names none.

    ``*/*`` names none: who sends it does not know that answers may go on. Where a client wants JSON no less, it gets
    that for whatever has one answer: urql's own header lists all there is.
    """
    ranges = media_ranges(accept)
    best, quality = "", 0.0
    for entry in accept.split(","):
        kind, parameters = media_type(entry)
        is_ours = kind == EVENT_STREAM or (kind == MULTIPART and parameters.get("subscriptionspec") == SPECIFICATION)
        # The first of equals is taken.
        if is_ours and (found := quality_of(kind, ranges)) > quality:
            best, quality = kind, found
    if not best:
        return None
    return StreamType(best, quality > max(quality_of(kind, ranges) for kind in _OFFERED))


@lru_cache(maxsize=_HEADERS)
def response_type(accept: str | None) -> str | None:
    """
    Which of our media types an answer gets; None where the client takes neither.

    A client that does not care, with ``*/*`` or without the header, gets plain JSON.
    """
    if not accept or not accept.strip():
        return JSON
    ranges = media_ranges(accept)
    # The newer type comes first only for those who name it; max takes the first of equals.
    is_named = any(one.kind == RESPONSE_JSON for one in ranges)
    best = max(_OFFERED if is_named else reversed(_OFFERED), key=lambda kind: quality_of(kind, ranges))
    return best if quality_of(best, ranges) > 0 else None
