"""
Storing what the engine computes, without computing it: ``python -m loadtests.computed_signals``.

Signals of the size of real ones, with votes, measures, hashes and names, are made up beforehand. Each writer is a
process that claims series and stores them in batches, as a worker does. The server has the product's own settings.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import asyncpg
import numpy as np

from loadtests.made_signals import VERSION, made_signals
from loadtests.percentiles import percentile
from loadtests.report import REPOSITORY, Figure, Report, add_report_options, finished
from loadtests.stored_market import Database, create_instruments_in, server_versions, temporary_database
from resolvers.ingest import Ingest
from resolvers.model.computed_signals import ComputedSignals, producer_of
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.storage.computed_rows import known_hashes
from resolvers.storage.engine_series import Done, Shard, claimed, ensure_engine_series
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.partitions import tidy
from resolvers.storage.pool import Pool, connection, open_pool

YEARS = range(2013, 2020)
BATCH = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How many symbols, and how many bars of each."""

    symbols: int
    bars: int

    @property
    def names(self) -> list[str]:
        """The symbols."""
        return [f"MADE{number}" for number in range(self.symbols)]


async def _instruments(pool: Pool, extent: Extent) -> dict[int, Instrument]:
    return {one.id: one for one in (await instruments_by_name(pool, extent.names)).values()}


async def write(url: str, extent: Extent, shard: Shard) -> None:
    """Makes all signals up, says so, waits to be told, and stores whatever nobody else has stored."""
    pool = await open_pool(url, size=2)
    parts = {number: made_signals(one, extent.bars) for number, one in (await _instruments(pool, extent)).items()}
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    while await _stored(pool, parts, shard, BATCH):
        pass
    await pool.close()


async def _stored(
    pool: Pool,
    parts: dict[int, ComputedSignals],
    shard: Shard,
    most: int,
    chosen: Callable[[ComputedSignals], ComputedSignals] = lambda part: part,
) -> int:
    """Claims series and stores what is *chosen* of each; how many series that were."""
    async with Ingest(pool).engine_pass(YEARS) as step:
        claims = await claimed(
            step.one, version=VERSION, interval=Interval.D1, contexts={}, now=time.time(), shard=shard, most=most
        )
        await step.store(
            version=VERSION,
            interval=Interval.D1,
            computed=[chosen(parts[claim.instrument_id]) for claim in claims],
            done={claim.instrument_id: Done(claim.revision, None, b"") for claim in claims},
        )
    return len(claims)


async def _emptied(database: Database, extent: Extent) -> None:
    """Series of which nothing is computed, and no signals."""
    one = await asyncpg.connect(database.url)
    await one.execute("TRUNCATE signals, signal_series, engine_series, series, outbox")
    await one.execute(
        "INSERT INTO series (instrument_id, bar_minutes, source, revision, body_revision)"
        " SELECT id, $1, 'FILE', 1, 1 FROM instruments",
        Interval.D1.value,
    )
    await one.execute("CHECKPOINT")
    await one.close()
    pool = await open_pool(database.url, size=2)
    await ensure_engine_series(pool, VERSION, [Interval.D1])
    await pool.close()


def _written_by(database: Database, extent: Extent, writers: int) -> float:
    """Seconds until so many processes have stored everything."""
    command = [sys.executable, "-m", "loadtests.computed_signals", "--url", database.url]
    command += ["--symbols", str(extent.symbols), "--bars", str(extent.bars)]
    running = [
        subprocess.Popen(
            [*command, "--writer", f"{number}/{writers}"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(writers)
    ]
    for process in running:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("a writer did not get ready")
    begun = time.perf_counter()
    for process in running:
        if process.stdin is not None:
            process.stdin.write("go\n")
            process.stdin.close()
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise RuntimeError(f"writers ended with {statuses}")
    return time.perf_counter() - begun


async def _wal_position(database: Database) -> int:
    one = await asyncpg.connect(database.url)
    found: int = await one.fetchval("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
    await one.close()
    return found


async def _stored_rows(database: Database) -> tuple[int, int, int]:
    """Rows, bytes of the table, bytes of its indexes."""
    one = await asyncpg.connect(database.url)
    parts = await one.fetch(
        "SELECT pg_table_size(inhrelid) AS heap, pg_indexes_size(inhrelid) AS indexes FROM pg_inherits"
        " WHERE inhparent = 'signals'::regclass"
    )
    rows: int = await one.fetchval("SELECT count(*) FROM signals")
    await one.close()
    return rows, sum(part["heap"] for part in parts), sum(part["indexes"] for part in parts)


def fill_figures(database: Database, extent: Extent, writers: Sequence[int]) -> list[Figure]:
    """Everything, by one writer and by several; what is stored at the end is by the last of them."""
    figures = []
    for count in writers:
        asyncio.run(_emptied(database, extent))
        before = asyncio.run(_wal_position(database))
        seconds = _written_by(database, extent, count)
        wal = asyncio.run(_wal_position(database)) - before
        rows, heap, indexes = asyncio.run(_stored_rows(database))
        if rows != extent.symbols * extent.bars:
            raise AssertionError(f"{extent.symbols * extent.bars} signals expected, {rows} found")
        figures.append(
            Figure(
                key=f"fill_{count}_s",
                what=f"storing {rows:,} signals of {extent.symbols} series by {count} writer{'s' * (count > 1)}",
                value=seconds,
                unit="s",
                details={
                    "rows/s": rows / seconds,
                    "bytes per row, table": heap / rows,
                    "indexes": indexes / rows,
                    "log": wal / rows,
                },
            )
        )
    return figures


async def change_figures(database: Database, extent: Extent, repeats: int) -> list[Figure]:
    """What comes afterwards: statistics, one bar more for each series, the same again, and all of it otherwise."""
    pool = await open_pool(database.url, size=2)
    instruments = await _instruments(pool, extent)
    parts = {number: made_signals(one, extent.bars + repeats) for number, one in instruments.items()}

    async def seconds(chosen: Callable[[ComputedSignals], ComputedSignals], batch: int) -> float:
        await pool.execute("UPDATE series SET revision = revision + 1")
        begun = time.perf_counter()
        while await _stored(pool, parts, Shard(0, 1), batch, chosen):
            pass
        return time.perf_counter() - begun

    begun = time.perf_counter()
    await tidy(pool, YEARS, of="signals")
    tidied = time.perf_counter() - begun
    newest = [
        1000 * await seconds(lambda part, at=number: _news(part[at : at + 1]), extent.symbols)  # type: ignore[misc]
        for number in range(extent.bars, extent.bars + repeats)
    ]
    known = []
    async with connection(pool) as one:
        for _ in range(repeats):
            begun = time.perf_counter()
            await known_hashes(one, producer_of(VERSION), Interval.D1, list(parts))
            known.append(time.perf_counter() - begun)
    nothing = await seconds(lambda part: part[:0], extent.symbols)
    same = await seconds(lambda part: part[: extent.bars], BATCH)
    other = await seconds(lambda part: _otherwise(part[: extent.bars]), BATCH)
    await pool.close()
    rows = extent.symbols * extent.bars
    return [
        Figure(key="tidy_s", what="vacuum and statistics afterwards", value=tidied, unit="s"),
        Figure(
            key="newest_ms",
            what=f"storing the newest signal of {extent.symbols} series, each told, median",
            value=percentile(newest, 50),
            unit="ms",
            details={"min": min(newest), "max": max(newest), "runs": repeats},
        ),
        Figure(key="nothing_ms", what="storing that nothing has changed", value=1000 * nothing, unit="ms"),
        Figure(key="hashes_s", what=f"reading {rows:,} hashes, median", value=percentile(known, 50), unit="s"),
        Figure(
            key="same_s",
            what="storing all of it again, which writes nothing, by one writer",
            value=same,
            unit="s",
            details={"rows/s": rows / same},
        ),
        Figure(
            key="other_s",
            what="storing all of it otherwise, by one writer",
            value=other,
            unit="s",
            details={"rows/s": rows / other},
        ),
    ]


def _news(part: ComputedSignals) -> ComputedSignals:
    return replace(part, is_news=np.ones(len(part), bool))


def _otherwise(part: ComputedSignals) -> ComputedSignals:
    return replace(part, input_hash=part.input_hash ^ np.uint8(1))


def main() -> int:
    """Measures and reports; or is one of the writers."""
    chosen = _parser().parse_args()
    extent = Extent(symbols=chosen.symbols, bars=chosen.bars)
    if chosen.writer:
        number, of = map(int, chosen.writer.split("/"))
        asyncio.run(write(chosen.url, extent, Shard(number, of)))
        return 0
    with temporary_database(redis=False) as database:
        asyncio.run(create_instruments_in(database, extent.names))
        figures = fill_figures(database, extent, chosen.writers)
        figures += asyncio.run(change_figures(database, extent, chosen.repeats))
        versions = asyncio.run(server_versions(database))
    report = Report(
        scenario="computed_signals",
        data=[f"{extent.symbols} made-up series of {extent.bars:,} signals, in batches of {BATCH} series"],
        figures=figures,
        servers=versions,
        is_short=extent.symbols * extent.bars < 100_000,
    )
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=505, metavar="N", help="series (default: %(default)s)")
    parser.add_argument("--bars", type=int, default=1226, metavar="N", help="signals of each (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=15, metavar="N", help="of short things (default: %(default)s)")
    parser.add_argument(
        "--writers", type=int, nargs="+", default=[1, 2], metavar="N", help="at once, one after the other"
    )
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--writer", help=argparse.SUPPRESS)
    add_report_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
