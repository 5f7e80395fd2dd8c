"""
The least that can answer: ``python -m loadtests.bare_server PORT FILE`` holds a gateway's answers, and gives them.

It asks the gateway at PORT for each body of FILE, a list in JSON, before it listens, plain and compressed. Then it
finds a body in a dictionary and sends what it found: no routing, no parsing, nothing that could be out of date.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.config import Settings
from loadtests.http_client import Connection, post

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


class Announcing(uvicorn.Server):
    """Says its port once it listens, in the words of the gateway."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"ready after 0.0 s: http://127.0.0.1:{port}/\n")
            sys.stdout.flush()


def main() -> None:
    """Serves until a signal ends it."""
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    app = bare(asyncio.run(_answers(port, [one.encode() for one in orjson.loads(file.read_bytes())])))
    # The same options as the gateway's own server.
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        log_level=os.environ.get("GATEWAY_LOG_LEVEL", "info").lower(),
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=Settings().shutdown_grace_seconds,
    )
    Announcing(config).run()


def bare(answers: Mapping[str, Mapping[bytes, bytes]]) -> ASGIApp:
    """Gives the answer of a body; the path says in which form."""
    headers = {
        path: {
            body: [
                (b"content-type", b"application/json; charset=utf-8"),
                (b"content-length", b"%d" % len(answer)),
                *([(b"content-encoding", b"gzip")] if answer.startswith(b"\x1f\x8b") else []),
            ]
            for body, answer in of_path.items()
        }
        for path, of_path in answers.items()
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await lifespan(receive, send)
            return
        body, path = (await receive())["body"], scope["path"]
        await send({"type": "http.response.start", "status": 200, "headers": headers[path][body]})
        await send({"type": "http.response.body", "body": answers[path][body]})

    return app


async def lifespan(receive: Receive, send: Send) -> None:
    """Starts and ends with the server, and does nothing else."""
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


async def _answers(port: int, bodies: list[bytes]) -> dict[str, dict[bytes, bytes]]:
    connection = await Connection.open(port)
    answers: dict[str, dict[bytes, bytes]] = {"/plain": {}, "/gzip": {}}
    for body in bodies:
        for path, headers in (("/plain", {}), ("/gzip", GZIP)):
            status, answer = await connection.exchange(post("/graphql", body, headers))
            if status != 200:
                raise RuntimeError(f"status {status} for {body[:200]!r}")
            answers[path][body] = answer
    connection.close()
    return answers


if __name__ == "__main__":
    main()
