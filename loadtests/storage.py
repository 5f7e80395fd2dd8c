"""
Reading and writing bars, without HTTP and GraphQL: ``python -m loadtests.storage``.

The bars are written in time order, a day of all symbols after the other, as markets bring them: written symbol by
symbol every figure would be better, and would hold for nobody. *Cold* means that nothing of ours has kept anything,
and that the connection is new: its process of PostgreSQL has not seen these tables yet. The server's shared buffers
are as the runs before left them. That the driver asks each new connection once for its types is a figure of its own.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import (
    Database,
    add_data_option,
    imported,
    real_file,
    server_versions,
    stored_days,
    temporary_database,
)
from loadtests.time_order import FIRST_TIME, Extent, Market, copied_with_plain_index, written
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.model.window import StoredWindow, WindowRequest
from resolvers.storage.partitions import tidy, years_of
from resolvers.storage.pool import Pool, open_pool
from resolvers.storage.windows import stored_windows

Run: TypeAlias = Callable[[Pool, int], Awaitable[None]]

_EVERYTHING = 2**31 - 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A window that is read again and again, each time of another symbol."""

    key: str
    what: str
    interval: Interval
    last: int


def reads(extent: Extent) -> list[Read]:
    """The windows of the design's table, as far as so many are stored."""
    return [
        Read(
            key="cold_43800_hours",
            what=f"{extent.hours:,} hourly bars",
            interval=Interval.H1,
            last=extent.hours,
        ),
        Read(
            key="cold_year_of_days",
            what=f"{min(365, extent.days):,} days from rollups",
            interval=Interval.D1,
            last=min(365, extent.days),
        ),
        Read(
            key="hours_4000",
            what=f"{min(4000, extent.hours):,} hourly bars",
            interval=Interval.H1,
            last=min(4000, extent.hours),
        ),
        Read(key="hours_250", what="the last 250 hourly bars", interval=Interval.H1, last=250),
    ]


class Reading:
    """One way to read the same windows: by this gateway's code, on a pool whose tables may be copies."""

    def __init__(self, market: Market, read: Read) -> None:
        self._instruments = market.instruments[: market.extent.hourly]
        self._read = read

    async def ours(self, pool: Pool, number: int) -> None:
        """The window by `stored_windows`, checked."""
        (window,) = await stored_windows(pool, self._read.interval, [self._request(number)])
        _check(window, self._read.last)

    async def by_fetch(self, pool: Pool, number: int) -> None:
        """The same rows as records."""
        rows = await pool.fetch(
            "SELECT time, open, high, low, close, volume FROM candles WHERE instrument_id = $1 AND bar_minutes = $2"
            " ORDER BY time DESC LIMIT $3",
            self._request(number).instrument_id,
            self._read.interval.value,
            self._read.last,
        )
        if len(rows) != self._read.last:
            raise AssertionError(f"{self._read.last} bars expected, {len(rows)} found")

    def _request(self, number: int) -> WindowRequest:
        instrument = self._instruments[number % len(self._instruments)]
        return WindowRequest(
            instrument_id=instrument.id,
            interval=self._read.interval,
            start=None,
            end=None,
            last=self._read.last,
            limit=_EVERYTHING,
        )


def _check(window: StoredWindow | None, count: int) -> None:
    found = 0 if window is None else len(window.bars)
    if found != count:
        raise AssertionError(f"{count} bars expected, {found} found")


async def milliseconds(
    url: str, run: Run, *, repeats: int, new_connection: bool, tables: str = "public"
) -> list[float]:
    """
    The time of each of a number of runs.

    Args:
        new_connection: Whether each run has a connection of its own, opened before its time begins; otherwise
            all have one that was used before.
        tables: The schema of the database whose candles are read.
    """
    times: list[float] = []
    pool = None
    for number in range(repeats):
        if pool is None or new_connection:
            if pool is not None:
                await pool.close()
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=1, server_settings={"search_path": f"{tables}, public", "timezone": "UTC"}
            )
            if new_connection:
                await _introduce(pool)
            else:
                await run(pool, number)
        begun = time.perf_counter()
        await run(pool, number)
        times.append((time.perf_counter() - begun) * 1000)
    if pool is not None:
        await pool.close()
    return times


async def _introduce(pool: Pool) -> None:
    """Lets the driver ask for the types that our statements use, which it does once per connection."""
    await pool.execute("SELECT $1::int[]", [1])


async def connection_figure(database: Database, repeats: int) -> Figure:
    """What a new connection costs before its first statement."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        pool = await asyncpg.create_pool(database.url, min_size=1, max_size=1)
        await _introduce(pool)
        times.append((time.perf_counter() - begun) * 1000)
        await pool.close()
    what = "opening a connection and learning its types, median"
    return Figure(key="connection_ms", what=what, value=percentile(times, 50), unit="ms", details=_spread(times))


async def kept_times(database: Database, market: Market, repeats: int) -> dict[str, float]:
    """The median time of each window on a connection that is used again, in milliseconds."""
    return {
        read.key: percentile(
            await milliseconds(database.url, Reading(market, read).ours, repeats=repeats, new_connection=False),
            50,
        )
        for read in reads(market.extent)
    }


async def read_figures(
    database: Database, market: Market, repeats: int, unvacuumed: Mapping[str, float]
) -> list[Figure]:
    """Times of all windows with nothing of ours cached, and what they are to compare with."""
    figures = []
    for read in reads(market.extent):
        reading = Reading(market, read)

        async def times(run: Run, *, tables: str = "public", new_connection: bool = False) -> list[float]:
            return await milliseconds(database.url, run, repeats=repeats, new_connection=new_connection, tables=tables)

        ours = await times(reading.ours)
        first = await times(reading.ours, new_connection=True)
        fetched = await times(reading.by_fetch)
        plain = await times(reading.ours, tables="plain")
        median = percentile(ours, 50)
        figures.append(
            Figure(
                key=read.key,
                what=f"{read.what}, cold, median",
                value=median,
                unit="ms",
                details=_spread(ours)
                | {
                    "new connection": percentile(first, 50),
                    "before a vacuum": unvacuumed[read.key],
                    "asyncpg fetch": percentile(fetched, 50),
                    "of fetch": median / percentile(fetched, 50),
                    "plain index": percentile(plain, 50),
                    "of plain index": median / percentile(plain, 50),
                },
            )
        )
    return figures


async def size_figures(database: Database) -> list[Figure]:
    """Bytes per bar, of the table and of its index."""
    connection = await asyncpg.connect(database.url)
    try:
        rows = await connection.fetch(
            "SELECT inhrelid::regclass::text AS name, pg_relation_size(inhrelid) AS heap,"
            " pg_indexes_size(inhrelid) AS indexes FROM pg_inherits"
            " WHERE inhparent = 'public.candles'::regclass ORDER BY 1"
        )
        bars = {row["name"]: await connection.fetchval(f"SELECT count(*) FROM {row['name']}") for row in rows}
    finally:
        await connection.close()
    filled = [row for row in rows if bars[row["name"]]]
    total = sum(bars.values())
    heap, indexes = (sum(row[part] for row in filled) / total for part in ("heap", "indexes"))
    largest = max(filled, key=lambda row: row["heap"] + row["indexes"])
    return [
        Figure(
            key="bytes_per_bar",
            what=f"size of a bar, over {total:,} bars",
            value=heap + indexes,
            unit="bytes",
            details={"table": heap, "index": indexes},
        ),
        Figure(
            key="largest_partition_mb",
            what=f"largest partition, {largest['name']}",
            value=(largest["heap"] + largest["indexes"]) / 2**20,
            unit="MB",
            details={
                "table": largest["heap"] / 2**20,
                "index": largest["indexes"] / 2**20,
                "bars": bars[largest["name"]],
            },
        ),
    ]


async def open_figures(database: Database, repeats: int) -> list[Figure]:
    """Opening all real series at once, as a screen of them would after a start."""
    days = await stored_days(database)
    connection = await asyncpg.connect(database.url)
    ids = {row["symbol"]: row["id"] for row in await connection.fetch("SELECT symbol, id FROM instruments")}
    await connection.close()
    requests = [
        WindowRequest(
            instrument_id=ids[one.symbol],
            interval=Interval.D1,
            start=None,
            end=None,
            last=len(one.time),
            limit=_EVERYTHING,
        )
        for one in days
    ]

    async def together(pool: Pool, _: int) -> None:
        windows = await stored_windows(pool, Interval.D1, requests)
        for window, one in zip(windows, days, strict=True):
            _check(window, len(one.time))

    async def one_by_one(pool: Pool, _: int) -> None:
        for request, one in zip(requests, days, strict=True):
            _check((await stored_windows(pool, Interval.D1, [request]))[0], len(one.time))

    async def by_fetch(pool: Pool, _: int) -> None:
        await pool.fetch(
            "SELECT instrument_id, time, open, high, low, close, volume FROM candles WHERE bar_minutes = $1"
            " AND instrument_id = ANY($2::int[]) ORDER BY instrument_id, time",
            Interval.D1.value,
            list(ids.values()),
        )

    at_once, singly, fetched = [
        [one / 1000 for one in await milliseconds(database.url, run, repeats=repeats, new_connection=True)]
        for run in (together, one_by_one, by_fetch)
    ]
    bars = sum(len(one.time) for one in days)
    return [
        Figure(
            key="cold_open",
            what=f"{len(days)} real series, {bars:,} days, in one statement, median",
            value=percentile(at_once, 50),
            unit="s",
            details=_spread(at_once)
            | {
                "one by one": percentile(singly, 50),
                "asyncpg fetch": percentile(fetched, 50),
                "of fetch": percentile(at_once, 50) / percentile(fetched, 50),
            },
        )
    ]


def _spread(times: list[float]) -> dict[str, float]:
    return {"min": min(times), "p95": percentile(times, 95), "runs": len(times)}


async def _time_order(database: Database, chosen: argparse.Namespace) -> tuple[Extent, list[Figure]]:
    extent = Extent(days=chosen.days, symbols=chosen.symbols, hourly=min(chosen.hourly, chosen.symbols))
    market, seconds = await written(database, extent)
    figures = [
        Figure(
            key="write_ms",
            what="writing a day of all symbols with its rollups, mean",
            value=seconds / extent.days * 1000,
            unit="ms",
            details={"transactions": extent.days, "seconds in all": seconds},
        )
    ]
    figures += await size_figures(database)
    unvacuumed = await kept_times(database, market, chosen.repeats)
    pool = await open_pool(database.url, size=1)
    await tidy(pool, years_of(FIRST_TIME, FIRST_TIME + DAY * extent.days))
    await pool.close()
    await copied_with_plain_index(database)
    figures += await read_figures(database, market, chosen.repeats, unvacuumed)
    return extent, [*figures, await connection_figure(database, chosen.repeats)]


def main() -> int:
    """Measures and reports."""
    chosen = _parser().parse_args()
    figures: list[Figure] = []
    data = []
    with temporary_database() as database:
        extent, found = asyncio.run(_time_order(database, chosen))
        servers = asyncio.run(server_versions(database))
        figures += found
        data.append(
            f"{extent.symbols} symbols over {extent.days:,} days, written in time order, one day of all symbols per"
            f" transaction: {extent.hourly} symbols with all {extent.hours:,} hours (their H4, D1 and W1 are rollups),"
            f" {extent.symbols - extent.hourly} with days (their W1 are rollups); vacuumed before reading"
        )
    if path := real_file(chosen.data):
        with temporary_database() as database:
            done = imported(database, path)
            data.append(f"{path.name}: {done.rows:,} rows, {done.series} series, imported into an empty database")
            figures += [
                Figure(key="import_seconds", what="importing it, the whole command", value=done.seconds, unit="s"),
                Figure(key="import_stored", what="rows stored", value=done.good, unit="rows"),
                Figure(key="import_rejected", what="rows rejected", value=done.rejected, unit="rows"),
            ]
            figures += asyncio.run(open_figures(database, max(3, chosen.repeats // 4)))
    report = Report(scenario="storage", data=data, figures=figures, servers=servers, is_short=extent.days < 1825)
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.storage", description=__doc__)
    add_data_option(parser)
    parser.add_argument("--days", type=int, default=1825, help="length of the written market (default: 1825)")
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--hourly", type=int, default=8, help="symbols with all hours (default: 8)")
    parser.add_argument("--repeats", type=int, default=20, help="runs of each read (default: 20)")
    add_report_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
