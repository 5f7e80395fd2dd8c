"""``gateway import``: what is stored, what is told, and how it ends."""

import argparse
import csv
import itertools
import os
import pty
import signal
import subprocess
import termios
from collections.abc import Callable
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.commands.import_ import import_file
from resolvers.storage.pool import Pool
from tests.gateway.commands.conftest import Runner
from tests.processes import DEADLINE_SECONDS, command
from tests.servers import RunningGateway

_GOOD = "date,open,high,low,close,volume\n2024-01-02,10,12,9,11,100\n2024-01-03,11,13,10,12,200\n"
_BAD_ROW = "2024-01-04,11,10,12,12,200\n"

Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes a file of prices, by default two good days."""

    def write(name: str = "prices.csv", text: str = _GOOD) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


async def _state(pool: Pool) -> tuple[object, ...]:
    tables = ("instruments", "instrument_names", "series", "candles", "quotes")
    return tuple([await pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables])


async def test_a_good_file_is_stored_and_told(
    gateway_command: Runner, write: Writer, pool: Pool, gateway: RunningGateway
) -> None:
    """Status 0; the new instruments are printed with what was assumed; the API answers at once, aliases included."""
    text = "Date,Symbol,Open,High,Low,Close,Volume\n2024-01-02,BRK.B,10,12,9,11,100\n2024-01-02,btc/usdt,1,2,1,2,5\n"
    ended = gateway_command("import", write(text=text), "--asset-class", "ETF", "--currency", "eur")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "2 new instruments (BRK.B, BTC/USDT): asset class ETF, currency EUR, time zone UTC" in ended.stdout
    assert "2 of 2 rows are good, in 2 series; 0 rejected; 2 bars were new or different" in ended.stdout
    for symbol, alias in (("BRK.B", "brk-b"), ("BTC/USDT", "BTCUSDT"), ("BTC/USDT", "btc-usdt")):
        data = await gateway.data(
            "query ($s: String!) { candles(symbol: $s) { source instrument { symbol assetClass currency }"
            " columns { time close } } }",
            s=alias,
        )
        series = data["candles"]
        assert series["instrument"] == {"symbol": symbol, "assetClass": "ETF", "currency": "EUR"}
        assert series["columns"]["time"] == ["2024-01-02T00:00:00Z"]
        assert series["source"] == "FILE"


async def test_the_same_file_twice_changes_nothing(gateway_command: Runner, write: Writer, pool: Pool) -> None:
    """No row, no revision, no quote; also under an alias of the symbol."""
    path = write()
    assert gateway_command("import", path, "--symbol", "BRK.B").returncode == 0
    before = await _state(pool)
    again = gateway_command("import", path, "--symbol", "brk-b")
    assert again.returncode == 0
    assert "0 bars were new or different, 0 longer bars follow" in again.stdout
    assert "new instruments" not in again.stdout
    assert await _state(pool) == before


async def test_rejected_rows_are_status_3_and_listed(
    gateway_command: Runner, write: Writer, pool: Pool, tmp_path: Path
) -> None:
    """By line number with the reason, all of them in the file of rejects; every other row is stored."""
    path = write(text=_GOOD + _BAD_ROW + "2024-01-05,1,1,1,1,1\n")
    ended = gateway_command("import", path, "--symbol", "X", "--rejects", tmp_path / "rejects.csv")
    assert ended.returncode == 3
    assert "prices.csv: line 4 rejected: " in ended.stdout
    with (tmp_path / "rejects.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["line", "reason", "row"]
    assert [(row[0], row[2]) for row in rows] == [("4", _BAD_ROW.strip())]
    assert await pool.fetchval("SELECT count(*) FROM candles WHERE bar_minutes = 1440") == 3


def test_many_rejects_are_not_all_printed(quick_command: Runner, write: Writer, tmp_path: Path) -> None:
    """Ten lines and a count; the file has them all."""
    ended = quick_command(
        "import", write(text=_GOOD + _BAD_ROW * 25), "--symbol", "X", "--dry-run", "--rejects", tmp_path / "r.csv"
    )
    assert ended.returncode == 3
    assert ended.stdout.count("rejected: ") == 10
    assert "… and 15 more (--rejects FILE writes all of them)" in ended.stdout
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 26


async def test_a_dry_run_stores_nothing(gateway_command: Runner, write: Writer, pool: Pool) -> None:
    """It says what it would, with the same status."""
    before = await _state(pool)
    ended = gateway_command("import", write(), "--symbol", "X", "--dry-run")
    assert ended.returncode == 0
    assert "2 of 2 rows are good, in 1 series; 0 rejected; nothing was stored (--dry-run)" in ended.stdout
    assert await _state(pool) == before


async def test_one_file_that_cannot_be_read_does_not_stop_the_others(
    gateway_command: Runner, write: Writer, pool: Pool, tmp_path: Path
) -> None:
    """Status 1 and one line each; the good file is stored."""
    ended = gateway_command("import", tmp_path / "none.csv", tmp_path, write(), "--symbol", "X")
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"gateway: {tmp_path}/none.csv cannot be read: No such file or directory",
        f"gateway: {tmp_path} must be a file, is a directory",
    ]
    assert await pool.fetchval("SELECT count(*) FROM candles WHERE bar_minutes = 1440") == 2


def test_wrong_options_store_nothing(quick_command: Runner, write: Writer) -> None:
    """Each is told in words, before anything is written."""
    before = quick_command("instruments", "list").stdout
    for options, words in (
        (["--timezone", "Nowhere/Land"], "a time zone is an IANA name such as America/New_York, was 'Nowhere/Land'"),
        (["--rejects", "none/rejects.csv"], "none/rejects.csv cannot be written: No such file or directory"),
    ):
        ended = quick_command("import", write(), "--symbol", "X", *options)
        assert (ended.returncode, ended.stderr) == (1, f"gateway: {words}\n")
    assert quick_command("instruments", "list").stdout == before


async def test_bars_of_another_source_are_refused(gateway_command: Runner, write: Writer, pool: Pool) -> None:
    """A simulated instrument takes no real prices."""
    await pool.execute(
        "INSERT INTO instruments (symbol, asset_class, currency, timezone, is_simulated)"
        " VALUES ('NOVA', 'EQUITY', 'USD', 'UTC', true)"
    )
    await pool.execute("INSERT INTO instrument_names SELECT symbol, id FROM instruments")
    before = await _state(pool)
    ended = gateway_command("import", write(), "--symbol", "NOVA")
    assert ended.returncode == 1
    assert ended.stderr == "gateway: NOVA is a simulated instrument, and bars from FILE cannot be mixed in\n"
    assert await _state(pool) == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_an_interrupted_import_leaves_nothing_half_done(
    number: signal.Signals, variables: dict[str, str], write: Writer, pool: Pool
) -> None:
    """Stopped while its bars are being written: none is there, and the next attempt stores all of them."""
    path = write()
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        # A writer waits here after its bars, for the quotes that follow from them.
        await other.execute("LOCK TABLE quotes IN SHARE MODE")
        process = subprocess.Popen(
            command("import", path, "--symbol", "X"), env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        while not await _is_waiting(other):
            assert process.poll() is None
        process.send_signal(number)
        _, complaint = process.communicate(timeout=DEADLINE_SECONDS)
        await transaction.rollback()
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    assert b"Traceback" not in complaint
    while await pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO quotes%'"):
        pass  # the server notices that its client is gone
    for table in ("candles", "quotes", "series", "instruments", "instrument_names"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert subprocess.run(command("import", path, "--symbol", "X"), env=variables, capture_output=True).returncode == 0
    assert await pool.fetchval("SELECT count(*) FROM candles WHERE bar_minutes = 1440") == 2


async def _is_waiting(other: "asyncpg.pool.PoolConnectionProxy") -> bool:
    return bool(
        await other.fetchval("SELECT count(*) FROM pg_locks WHERE relation = 'quotes'::regclass AND NOT granted")
    )


async def test_progress_is_shown_on_a_terminal_only(variables: dict[str, str], write: Writer) -> None:
    """A bar on standard error while the file is read, and nothing of it where that is no terminal."""
    rows = "".join(
        f"{2000 + day // 365}-{day % 12 + 1:02d}-{day % 28 + 1:02d},10,12,9,11,{day}\n" for day in range(9000)
    )
    arguments = command("import", write(text=_GOOD + rows), "--symbol", "X", "--dry-run")
    plain = subprocess.run(arguments, env=variables, capture_output=True, check=False)
    assert plain.stderr == b""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with subprocess.Popen(
        arguments, env={**variables, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        output, _ = process.communicate()
    os.close(ours)
    assert b"prices.csv:" in shown
    assert b"B/s" in shown
    assert output == plain.stdout


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # what Linux says when the other side is closed
        return b""


_PRICE = st.floats(min_value=1e-12, max_value=9e17)
_BARS = st.dictionaries(
    st.dates(date(2019, 1, 1), date(2021, 12, 31)),
    st.tuples(_PRICE, _PRICE, _PRICE, _PRICE, st.none() | st.floats(min_value=0, max_value=9e17)),
    min_size=1,
    max_size=8,
)
_numbers = itertools.count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_BARS)
async def test_what_a_file_says_is_what_the_api_answers(
    write: Writer, pool: Pool, gateway: RunningGateway, bars: dict[date, tuple[float | None, ...]]
) -> None:
    """Import, store, read: the columns are the file's values, to the last bit, in the order of their dates."""
    expected: dict[str, list[object]] = {name: [] for name in ("time", "open", "high", "low", "close", "volume")}
    lines = []
    for day, (*prices, volume) in sorted(bars.items()):
        low, opened, close, high = sorted(one for one in prices if one is not None)
        row = {"time": f"{day}T00:00:00Z", "open": opened, "high": high, "low": low, "close": close, "volume": volume}
        for name, value in row.items():
            expected[name].append(value)
        lines.append(f"{day},{opened!r},{high!r},{low!r},{close!r},{'' if volume is None else repr(volume)}\n")
    symbol = f"S{next(_numbers)}"
    chosen = argparse.Namespace(
        symbol=symbol, interval="D1", timezone="UTC", adjusted=False, asset_class="EQUITY", currency="USD"
    )
    path = write(text="date,open,high,low,close,volume\n" + "".join(reversed(lines)))
    assert (await import_file(pool, path, chosen)).rejects == ()
    data = await gateway.data(
        "query ($s: String!) { candles(symbol: $s) { columns { time open high low close volume } } }", s=symbol
    )
    assert data["candles"]["columns"] == expected


def test_rejects_never_replace_a_file_that_is_to_be_imported(variables: dict[str, str], write: Writer) -> None:
    """Not even in a dry run."""
    path = write()
    before = path.read_bytes()
    done = subprocess.run(
        command("import", path, "--symbol", "X", "--dry-run", "--rejects", path), env=variables, capture_output=True
    )
    assert (done.returncode, path.read_bytes()) == (1, before)
    assert b"which is also to be imported" in done.stderr
