"""What a stream gives to a transport."""

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMessage:
    """
    One execution result of a stream.

    Attributes:
        body: Its whole JSON object.
        position: What a client gives to resume after it: opaque ASCII text without line breaks; None if the stream
            has none.
        framed: What transports have made of it, by what they put before it. Many subscribers are sent one message.
    """

    body: bytes
    position: str | None = None
    framed: dict[bytes, bytes] = field(default_factory=dict, compare=False)


class Stream(Protocol):
    """The results of one operation; it ends normally when the operation is complete."""

    def __aiter__(self) -> "Stream":
        """Itself."""

    async def __anext__(self) -> StreamMessage:
        """
        The next result.

        Raises:
            StreamEnded: If the stream ends with an error.
        """

    async def aclose(self) -> None:
        """Ends the stream, for a client that wants no more of it."""


class Sink(Protocol):
    """Whoever sends what a stream has, without waiting."""

    @property
    def is_open(self) -> bool:
        """Whether what it is given now is sent at once."""

    def send(self, message: StreamMessage) -> None:
        """Sends a message, while it is open."""


@runtime_checkable
class SinkingStream(Stream, Protocol):
    """
    A stream that gives its messages to a sink whenever somebody waits for the next one, and the sink is open.

    What a closed sink does not take is the next message as ever: whoever waits for that can wait for its client too.
    """

    sink: Sink | None


class StreamEnded(Exception):
    """
    The end of a stream by an error.

    Args:
        errors: As a client may see them: formatted, each with a code, nothing in them that we did not write.
    """

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors
