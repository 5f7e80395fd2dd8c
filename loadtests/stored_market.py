"""A market in a temporary database: the real prices where they are at hand, simulated ones elsewhere."""

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import numpy as np

from gateway.embedded import embedded_servers
from gateway.feeds.simulated_store import store_simulated_market
from loadtests.gateway_process import environment, on_cores
from loadtests.report import REPOSITORY
from resolvers.model.bars import IntArray, Series
from resolvers.model.instrument import InstrumentSpec
from resolvers.model.interval import Interval
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.migrate import migrate
from resolvers.storage.pool import open_pool
from resolvers.storage.revisions import origin_of

REAL_PRICES = REPOSITORY.parent / "shared" / "data" / "sp500-daily-5y.csv.gz"

_IMPORTED = re.compile(r"([\d,]+) of ([\d,]+) rows are good, in ([\d,]+) series; ([\d,]+) rejected")


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """An embedded PostgreSQL at *url*, and Redis at *redis*, on the data directory *folder*."""

    folder: Path
    url: str
    redis: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """What ``gateway import`` did: rows by its own words, and the seconds of the whole command."""

    seconds: float
    good: int
    rows: int
    series: int
    rejected: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DaySeries:
    """The stored days of one symbol, oldest first; times in unix seconds."""

    symbol: str
    time: IntArray
    close: Series


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Adds ``--data``."""
    parser.add_argument(
        "--data",
        type=Path,
        default=REAL_PRICES,
        metavar="FILE",
        help="daily prices of many symbols (default: the S&P 500 file of ../shared/data)",
    )


def real_file(path: Path) -> Path | None:
    """*path* if it is there; else None, and a line that says so."""
    if path.is_file():
        return path
    print(f"{path} is not there: the simulated market takes its place, and figures about real prices are left out")
    return None


@contextmanager
def temporary_database(cores: set[int] | None = None, *, redis: bool = True) -> Iterator[Database]:
    """Servers with an empty, migrated database, kept to *cores* and gone at the end; without Redis, if so told."""
    with tempfile.TemporaryDirectory(prefix="loadtest-") as folder, on_cores(cores):
        data = Path(folder) / "data"
        with embedded_servers(data, redis=redis) as urls:
            url = urls.database or ""
            asyncio.run(migrate(url))
            yield Database(folder=data, url=url, redis=urls.redis or "")


def imported(database: Database, path: Path) -> Import:
    """
    Imports a file by the command that a user would type, on a server that runs already.

    Raises:
        RuntimeError: If it fails; rows that are rejected are no failure.
    """
    begun = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "gateway", "import", str(path), "--timezone", "America/New_York"],
        env=environment(database.folder),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begun
    said = _IMPORTED.search(run.stdout)
    if run.returncode not in (0, 3) or said is None:
        raise RuntimeError(f"gateway import ended with {run.returncode}: {run.stderr.strip() or run.stdout.strip()}")
    good, rows, series, rejected = (int(number.replace(",", "")) for number in said.groups())
    return Import(seconds=seconds, good=good, rows=rows, series=series, rejected=rejected)


def publishable(database: Database, path: Path) -> str:
    """
    Imports a file, or made-up prices where it is not there, in such a way that more can be published; says which.

    A series has one source for good, and publishing a history of half a million days takes longer than importing it. So
    it is imported, and its source is what it would be had it been published. The simulated market takes no
    published prices at all, which is why it does not take the file's place here.
    """
    is_real = path.is_file()
    if not is_real:
        print(f"{path} is not there: made-up prices take its place")
        path = _made_up(database.folder.parent)
    done = imported(database, path)

    async def publish() -> None:
        connection = await asyncpg.connect(database.url)
        await connection.execute("UPDATE series SET source = 'PUBLISHED'")
        await connection.close()

    asyncio.run(publish())
    return f"{path.name}, {done.good:,} days" if is_real else "made up"


def _made_up(folder: Path, *, symbols: int = 500, days: int = 1100) -> Path:
    """A file of random walks."""
    chance = np.random.default_rng(1)
    dates = np.datetime64("2015-01-01") + np.arange(days)
    path = folder / "made-up.csv"
    with path.open("w") as file:
        file.write("symbol,time,open,high,low,close,volume\n")
        for number in range(symbols):
            closes = np.round(100 * np.exp(np.cumsum(chance.normal(0, 0.01, days))), 2)
            file.writelines(
                f"MADE{number},{date},{close},{close},{close},{close},1000\n"
                for date, close in zip(dates, closes.tolist(), strict=True)
            )
    return path


def simulated(database: Database) -> None:
    """Stores the simulated market."""

    async def store() -> None:
        pool = await open_pool(database.url, size=2)
        await store_simulated_market(pool, now=int(time.time()))
        await pool.close()

    asyncio.run(store())


async def create_instruments_in(database: Database, symbols: Sequence[str]) -> str:
    """Creates instruments that hold nothing yet; returns the id of the database, which positions are in."""
    pool = await open_pool(database.url, size=2)
    try:
        await create_instruments(pool, [InstrumentSpec(symbol=one) for one in symbols])
        return await origin_of(pool)
    finally:
        await pool.close()


async def stored_days(database: Database) -> list[DaySeries]:
    """All stored days, by a statement that shares nothing with what is measured."""
    connection = await asyncpg.connect(database.url)
    try:
        rows = await connection.fetch(
            "SELECT symbol, array_agg(extract(epoch FROM time)::bigint ORDER BY time) AS times,"
            " array_agg(close ORDER BY time) AS closes"
            " FROM candles JOIN instruments ON id = instrument_id WHERE bar_minutes = $1"
            " GROUP BY symbol ORDER BY symbol",
            Interval.D1.value,
        )
    finally:
        await connection.close()
    return [
        DaySeries(symbol=row["symbol"], time=np.array(row["times"], np.int64), close=np.array(row["closes"]))
        for row in rows
    ]


async def server_versions(database: Database) -> dict[str, str]:
    """Versions of the servers, for the report."""
    connection = await asyncpg.connect(database.url)
    try:
        return {"postgresql": str(await connection.fetchval("SHOW server_version"))}
    finally:
        await connection.close()
