"""
A language model that is none, behind the real protocol and a real socket: ``python -m loadtests.model_server``.

It writes sentences of the facts that it is given, or misbehaves in a way that one can choose, and says so to nobody.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

_PATH = "/v1/chat/completions"


class Behaviour(StrEnum):
    """How it answers."""

    WELL = "well"
    SLOWLY = "slowly"
    NO_JSON = "no-json"
    NO_COMPLETION = "no-completion"
    PROSE = "prose"
    WRONG_FORM = "wrong-form"
    INVENTED = "invented"
    PROMISING = "promising"
    FOREIGN = "foreign"
    LONG = "long"
    ENDLESS = "endless"
    FAILING = "failing"
    BUSY = "busy"
    SILENT = "silent"
    CUT = "cut"


_INSTEAD = {
    Behaviour.INVENTED: "It traded 987654.3 times.",
    Behaviour.PROMISING: "A guaranteed profit.",
    Behaviour.FOREIGN: "Better than ZZQX.",
    Behaviour.LONG: "It is what it is. " * 40,
}


class ScriptedModel:
    """
    An endpoint for chat completions on a port of the loopback.

    Args:
        port: 0 for a free one.

    Attributes:
        behaviour: How it answers from now on.
        asked: The bodies of the requests, in their order; `keys` are what they had as authorization.
        gate: What `SLOWLY` waits for, besides *seconds*.
    """

    def __init__(self, behaviour: Behaviour = Behaviour.WELL, *, port: int = 0, seconds: float = 0.0) -> None:
        self.behaviour = behaviour
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.gate = asyncio.Event()
        self._port = port
        self._seconds = seconds
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The base of its API."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Refuses connections from now on, and cuts those that are open."""
        self.gate.set()
        if self._server is not None:
            self._server.close()
            for one in self._open:
                one.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client is gone
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one request; whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if (method, path) != ("POST", _PATH):
            await self._send(writer, 404, {"error": {"message": "not here"}})
            return True
        self.asked.append(json.loads(body))
        self.keys.append(headers.get("authorization"))
        return await self._answered(writer, self.asked[-1])

    async def _answered(self, writer: asyncio.StreamWriter, asked: dict[str, Any]) -> bool:
        match self.behaviour:
            case Behaviour.SILENT:
                await self.gate.wait()
                return False
            case Behaviour.FAILING:
                await self._send(writer, 500, {"error": {"message": "no model"}})
            case Behaviour.BUSY:
                await self._send(writer, 429, {"error": {"message": "too many"}}, "Retry-After: 7\r\n")
            case Behaviour.NO_JSON:
                await self._send(writer, 200, "<html>a proxy's page</html>")
            case Behaviour.NO_COMPLETION:
                await self._send(writer, 200, {"choices": []})
            case Behaviour.CUT:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b'{"choices": [')
                await writer.drain()
                return False
            case Behaviour.ENDLESS:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
                while True:
                    writer.write(b" " * 65_536)
                    await writer.drain()
            case _:
                if self.behaviour is Behaviour.SLOWLY:
                    await (asyncio.sleep(self._seconds) if self._seconds else self.gate.wait())
                content = _content(self.behaviour, json.loads(asked["messages"][-1]["content"]))
                message = {"role": "assistant", "content": content}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                answer = {"id": "chatcmpl-1", "object": "chat.completion", "model": asked["model"]}
                await self._send(writer, 200, answer | {"choices": [choice]})
        return True

    async def _send(self, writer: asyncio.StreamWriter, status: int, answer: object, headers: str = "") -> None:
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        head = f"HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}{headers}\r\n".encode() + body)
        await writer.drain()


def _content(behaviour: Behaviour, given: dict[str, Any]) -> str:
    """What the model says of the facts that it was given."""
    facts = given["facts"]
    by_name = {one["name"]: one for one in facts}
    summary = (
        f"In short, {given['symbol']} stands at {by_name['close']['value']}, with RSI(14) at {by_name['rsi']['value']}."
    )
    points = [{"fact": one["name"], "text": f"Here {one['label']} is {one['value']}."} for one in facts[:6]]
    if behaviour is Behaviour.PROSE:
        return f"Of course! {summary}"
    if behaviour is Behaviour.WRONG_FORM:
        return json.dumps({"text": summary, "points": [one["text"] for one in points]})
    return json.dumps({"summary": _INSTEAD.get(behaviour, summary), "points": points})


async def _run(behaviour: Behaviour, port: int, seconds: float) -> None:
    async with ScriptedModel(behaviour, port=port, seconds=seconds) as model:
        print(f"GATEWAY_LLM_URL={model.url} GATEWAY_LLM_MODEL=scripted", flush=True)
        await asyncio.Event().wait()


def main() -> int:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.model_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8081, help="port of the loopback (default: 8081)")
    parser.add_argument("--behaviour", choices=list(Behaviour), default=Behaviour.WELL, help="(default: well)")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a slow answer takes (default: 2)")
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(Behaviour(chosen.behaviour), chosen.port, chosen.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
