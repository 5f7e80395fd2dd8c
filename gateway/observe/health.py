"""Whether the process lives, and whether it can answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse

Ping = Callable[[], Awaitable[object]]


async def live(_: Request) -> JSONResponse:
    """The process runs its event loop; nothing else is asked."""
    return JSONResponse({"status": "ok"})


def ready(
    pings: Callable[[Request], Mapping[str, Ping]], *, timeout_seconds: float
) -> Callable[[Request], Awaitable[JSONResponse]]:
    """An endpoint that asks every service behind the gateway and names those that fail, with status 503."""

    async def endpoint(request: Request) -> JSONResponse:
        services = pings(request)
        failures = await asyncio.gather(*(_failure(ping, timeout_seconds) for ping in services.values()))
        failing = {name: failure for name, failure in zip(services, failures, strict=True) if failure}
        return JSONResponse(
            {
                "status": "failing" if failing else "ok",
                "ok": [name for name in services if name not in failing],
                "failing": failing,
            },
            status_code=503 if failing else 200,
        )

    return endpoint


async def _failure(ping: Ping, timeout_seconds: float) -> str | None:
    """Why a service does not answer, in words that hold no address and no secret; None where it does."""
    try:
        async with asyncio.timeout(timeout_seconds):
            await ping()
    except TimeoutError:
        return f"no answer within {timeout_seconds:g} s"
    except Exception as error:
        return type(error).__name__
    return None
