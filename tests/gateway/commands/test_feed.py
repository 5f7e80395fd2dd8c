"""``gateway feed``: from an exchange on the loopback and from files, ended by signals."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from resolvers.storage.pool import Pool
from tests.bars import NOON
from tests.following import eventually
from tests.gateway.commands.conftest import Runner
from tests.gateway.feeds.exchange import Exchange, kline
from tests.processes import DEADLINE_SECONDS, command


@contextmanager
def feeding(variables: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A feed at work; leaving it holds that it has ended without a traceback."""
    process = subprocess.Popen(
        command("feed", *arguments),
        env=dict(variables),
        cwd=variables["HOME"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        _, said = process.communicate(timeout=DEADLINE_SECONDS)
    assert "Traceback" not in said, said
    assert "Warning" not in said, said


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
async def test_an_exchange_is_followed_until_a_signal(
    pool: Pool, variables: dict[str, str], number: signal.Signals, status: int
) -> None:
    """What it has and what comes is stored; the process ends cleanly."""
    async with Exchange() as exchange:
        exchange.history = {"BTCUSDT": [kline("BTCUSDT", NOON + 60 * at, 101.0) for at in range(3)]}
        urls = {
            "GATEWAY_BINANCE_REST_URL": f"http://{exchange.host}",
            "GATEWAY_BINANCE_STREAM_URL": f"ws://{exchange.host}",
        }

        async def holds(bars: int) -> bool:
            return bool(await pool.fetchval("SELECT count(*) = $1 FROM candles WHERE bar_minutes = 1", bars))

        with feeding(variables | urls, "binance", "--symbols", "btcusdt") as process:
            await eventually(lambda: holds(3))
            await exchange.joined()
            await exchange.push(kline("BTCUSDT", NOON + 180, 102.0, is_closed=False))
            await eventually(lambda: holds(4))
            process.send_signal(number)
            assert process.wait(DEADLINE_SECONDS) == status


def test_what_is_no_date_is_one_line(quick_command: Runner) -> None:
    """And status 1."""
    ended = quick_command("feed", "binance", "--symbols", "X", "--since", "yesterday")
    assert (ended.returncode, ended.stderr) == (
        1,
        "gateway: --since must be a date such as 2024-01-01, was 'yesterday'\n",
    )
