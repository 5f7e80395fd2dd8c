"""``gateway feed``: from an exchange on the loopback and from files, ended by signals."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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
            # In a thread, because the exchange is on this loop and says farewell too.
            assert await asyncio.to_thread(process.wait, DEADLINE_SECONDS) == status


def test_what_is_no_date_is_one_line(quick_command: Runner) -> None:
    """And status 1."""
    ended = quick_command("feed", "binance", "--symbols", "X", "--since", "yesterday")
    assert (ended.returncode, ended.stderr) == (
        1,
        "gateway: --since must be a date such as 2024-01-01, was 'yesterday'\n",
    )


async def test_a_file_is_replayed_and_goes_on_where_it_was(
    pool: Pool, variables: dict[str, str], gateway_command: Runner, tmp_path: Path
) -> None:
    """Interrupted by Ctrl-C with some of its bars stored, and finished by a faster one; the third has nothing to do."""
    path = tmp_path / "acme.csv"
    rows = [f"2024-01-08T14:{minute:02d}:00Z,10,12,9,11,{minute + 1}" for minute in range(50)]
    path.write_text("\n".join(["time,open,high,low,close,volume", *rows, ""]))
    options = ("replay", str(path), "--symbol", "ACME", "--interval", "M1", "--speed")

    async def holds_some() -> bool:
        return bool(await pool.fetchval("SELECT count(*) > 1 FROM candles WHERE bar_minutes = 1"))

    with feeding(variables, *options, "600") as process:
        await eventually(holds_some)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_SECONDS) == 130
    stored = await pool.fetchval("SELECT count(*) FROM candles WHERE bar_minutes = 1")
    assert 1 < stored < 50
    ended = await asyncio.to_thread(gateway_command, "feed", *options, "1e9")
    assert (ended.returncode, ended.stdout) == (
        0,
        f"acme.csv: {50 - stored} bars published, {stored} were stored before\n",
    )
    series = await pool.fetch("SELECT bar_minutes, source FROM series ORDER BY bar_minutes")
    assert [row["bar_minutes"] for row in series] == [1, 5, 15, 30, 60, 240, 1440, 10080]
    assert {row["source"] for row in series} == {"FEED"}
    assert await pool.fetchval("SELECT volume FROM candles WHERE bar_minutes = 60") == sum(range(1, 51))
    again = await asyncio.to_thread(gateway_command, "feed", *options, "1e9")
    assert again.stdout == "acme.csv: 0 bars published, 50 were stored before\n"


def test_a_speed_must_be_one(quick_command: Runner) -> None:
    """Status 1 and one line."""
    ended = quick_command("feed", "replay", "none.csv", "--speed", "0")
    assert (ended.returncode, ended.stderr) == (1, "gateway: --speed must be above 0, was 0\n")
