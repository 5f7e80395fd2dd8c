"""One operation whose results are an HTTP response that stays open."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request

from gateway.endpoint.answering import Answering
from gateway.endpoint.framing import Framing
from gateway.endpoint.requests import OperationRequest
from gateway.endpoint.response_stream import ResponseStream
from gateway.endpoint.wire import GoneError
from gateway.streams.message import StreamEnded


def resumed(asked: OperationRequest, request: Request) -> OperationRequest:
    """The operation, to be resumed where a browser's ``Last-Event-ID`` says, unless it says that itself."""
    position = request.headers.get("last-event-id")
    if not position or "resumeFrom" in asked.extensions:
        return asked
    return replace(asked, extensions={**asked.extensions, "resumeFrom": position})


async def write_operation(
    response: ResponseStream,
    framing: Framing,
    endpoint: Answering[Any, Any],
    request: Request,
    asked: OperationRequest,
) -> None:
    """
    Writes all that becomes of an operation, and the end.

    Raises:
        GoneError: If the client is gone.
    """
    try:
        stream = await endpoint.results(request, asked)
        try:
            async for message in stream:
                await response.send(framing.result(message))
        finally:
            await stream.aclose()
    except GoneError:
        raise
    except StreamEnded as ended:
        await response.send(framing.failure(ended.errors))
    except Exception as error:
        await response.send(framing.failure(endpoint.ended(request, error).errors))
    await response.send(framing.ending, is_last=True)
