"""The stream of an operation that is answered once."""

from starlette.responses import Response

from gateway.endpoint.outcome import Outcome
from gateway.streams.message import StreamMessage


class SingleResult:
    """The stream of one result."""

    __slots__ = ("_outcome", "_response")

    def __init__(self, outcome: Outcome, response: Response) -> None:
        self._outcome: Outcome | None = outcome
        self._response = response

    def __aiter__(self) -> "SingleResult":
        return self

    async def __anext__(self) -> StreamMessage:
        outcome, self._outcome = self._outcome, None
        if outcome is None:
            raise StopAsyncIteration
        return StreamMessage(body=outcome.answer.body)

    async def aclose(self) -> None:
        """Runs what the schema left to be done after the answer."""
        background, self._response.background = self._response.background, None
        if background is not None:
            await background()
