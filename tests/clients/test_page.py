"""The programs of ``docs/clients.md``, each run as it stands there against a gateway that goes away and comes back."""

import asyncio
import re
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.app import create_app
from gateway.config import ServerUrls
from resolvers.storage.pool import Pool
from tests.bars import instrument
from tests.clients.node import FOLDER, NODE
from tests.processes import REPOSITORY
from tests.servers import PATIENT, RunningApp, RunningGateway

_PAGE = (REPOSITORY / "docs" / "clients.md").read_text()
_PROGRAMS = {
    code.partition("\n")[0].lstrip("/# "): (language, code)
    for language, code in re.findall(r"```(js|python)\n(.*?)```", _PAGE, re.DOTALL)
}
_PUBLISH = "mutation ($items: [PublishedQuote!]!) { publishQuotes(input: {items: $items}) { stored } }"
_PATIENCE_SECONDS = 60


class _Heard:
    """What a program prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    async def until(self, line: str) -> None:
        """Returns when it has printed that *line*."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while line not in self.lines:
                printed = await self._process.stdout.readline()
                assert printed, self.lines
                self.lines.append(printed.decode().strip())


@asynccontextmanager
async def _running(name: str, port: int) -> AsyncIterator[_Heard]:
    language, code = _PROGRAMS[name]
    code = code.replace("localhost:8000", f"127.0.0.1:{port}")
    command = [NODE, "--input-type=module", "--eval", code] if language == "js" else [sys.executable, "-c", code]
    process = await asyncio.create_subprocess_exec(*command, cwd=FOLDER, stdout=PIPE, stderr=PIPE)
    try:
        yield _Heard(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _publish(gateway: RunningGateway, symbol: str, price: int) -> None:
    items = [{"symbol": symbol, "price": price + 0.5, "asOf": f"2026-01-05T00:00:{price:02}Z"}]
    assert await gateway.data(_PUBLISH, items=items) == {"publishQuotes": {"stored": 1}}


def test_every_client_has_a_program() -> None:
    """And there is a name for each."""
    assert list(_PROGRAMS) == ["graphql-ws", "graphql-sse", "Apollo Client", "urql", "gql"]


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("name", list(_PROGRAMS))
async def test_a_program_hears_what_changes_and_resumes(name: str, urls: ServerUrls, pool: Pool) -> None:
    """What is published while its gateway is gone arrives when that is back, and nothing twice."""
    for symbol in ("NOVA", "ZEDQUA"):
        await instrument(pool, symbol)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        async with RunningGateway(PATIENT, urls) as other:
            await _publish(other, "NOVA", 10)
            await _publish(other, "ZEDQUA", 20)
            app = create_app(PATIENT, urls)
            async with RunningApp(app, app.connections, listening=listening) as running, _running(name, port) as heard:
                await heard.until("ZEDQUA 20.5")
                await _publish(other, "NOVA", 11)
                await heard.until("NOVA 11.5")
                await running.stop()
                await _publish(other, "NOVA", 12)
                app = create_app(PATIENT, urls)
                async with RunningApp(app, app.connections, listening=listening):
                    await heard.until("NOVA 12.5")
                    await _publish(other, "NOVA", 13)
                    await heard.until("NOVA 13.5")
    if name != "Apollo Client":  # which shows the whole query each time
        assert heard.lines == ["NOVA 10.5", "ZEDQUA 20.5", "NOVA 11.5", "NOVA 12.5", "NOVA 13.5"]
