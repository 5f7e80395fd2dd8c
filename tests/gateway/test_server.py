"""The server of one process says where it can be reached, once it can."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import uvicorn

from gateway.app import create_app
from gateway.config import ServerUrls, Settings
from gateway.server import Server
from tests.processes import REPOSITORY, Serving, environment


async def test_the_port_is_announced_when_it_answers(urls: ServerUrls) -> None:
    """The one that was found, where any was asked for; and it takes connections by then."""
    announced: list[int] = []

    def announce(port: int) -> None:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        announced.append(port)
        server.should_exit = True

    config = uvicorn.Config(create_app(Settings(), urls), port=0, log_config=None, ws="none")
    server = Server(config, announce)
    await server.serve()
    assert announced[0] > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_signals_reach_their_handlers_after_a_graceful_end(number: signal.Signals, urls: ServerUrls) -> None:
    """The server finishes first, then the signal is raised once more for whoever listened before."""
    order: list[object] = []

    def announce(_: int) -> None:
        signal.raise_signal(number)
        order.append("announced")

    config = uvicorn.Config(create_app(Settings(), urls), port=0, log_config=None, ws="none")
    before = signal.signal(number, lambda heard, _: order.append(heard))
    try:
        await Server(config, announce).serve()
    finally:
        signal.signal(number, before)
    assert order == ["announced", number]


async def test_an_address_of_ipv6_is_announced_in_brackets(tmp_path: Path, urls: ServerUrls) -> None:
    """So that it can be opened as it is printed."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return  # no IPv6 here
    variables = environment(tmp_path, database_url=urls.database, redis_url=urls.redis, host="::1")
    with Serving(variables, "serve") as serving:
        assert serving.client.base_url.host == "::1"
        assert serving.client.get("/livez").status_code == 200


_SERVES_ONCE = """
import gc, signal, sys, time
from gateway.config import ServerUrls, Settings
from gateway.server import serve

class Ended:
    def write(self, line):
        signal.raise_signal(signal.SIGTERM)
    def flush(self):
        pass

signal.signal(signal.SIGTERM, lambda *_: None)
out, sys.stdout = sys.stdout, Ended()
status = serve(Settings(port=0), ServerUrls(database=sys.argv[1], redis=sys.argv[2]), begun=time.monotonic())
print(status, gc.get_freeze_count() > len(gc.get_objects()), gc.get_threshold()[2], file=out, flush=True)
"""


def test_what_the_start_has_made_is_never_looked_through_for_garbage(urls: ServerUrls) -> None:
    """A process that serves has all of that behind it by the time it says that it is ready."""
    run = subprocess.run(
        [sys.executable, "-c", _SERVES_ONCE, urls.database, urls.redis],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "0 True 1000000\n", run.stderr
