"""Yearly partitions: made when they are needed, in nobody's way."""

import asyncio
from datetime import UTC, datetime

import pytest

from gateway.config import ServerUrls
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.storage.partitions import ensure_partitions, tidy, years_of
from resolvers.storage.pool import Pool
from tests.bars import LATER, instrument, spaced, store
from tests.computed import computed, days, store_parts
from tests.resolvers.storage.gates import blocked, held_quote
from tests.resolvers.storage.tables import found

_LIMIT_SECONDS = 20  # far more than any of this takes, far less than for ever


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


async def _years(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT inhrelid::regclass::text AS name FROM pg_inherits ORDER BY 1")
    return [row["name"] for row in rows if row["name"].startswith("candles_") and row["name"][8:].isdigit()]


async def test_readers_and_writers_pass_an_import_that_is_open(pool: Pool, urls: ServerUrls) -> None:
    """While one import is open, another one makes a year of its own and ends, and bars are read."""
    acme, nadir = await instrument(pool), await instrument(pool, "NADIR")
    await store(pool, acme, Interval.D1, spaced(3, Interval.D1))
    async with asyncio.timeout(_LIMIT_SECONDS), asyncio.TaskGroup() as group:
        async with held_quote(urls.database, acme):
            late = group.create_task(store(pool, acme, Interval.D1, spaced(3, Interval.D1, start=LATER)))
            await blocked(pool)
            await store(pool, nadir, Interval.D1, spaced(3, Interval.D1, start=_at("1999-06-01")))
            assert len((await found(pool, acme.id)).bars[Interval.D1]) == 3
            assert not late.done()
        await late
    assert len((await found(pool, acme.id)).bars[Interval.D1]) == 6
    assert await _years(pool) == ["candles_1999", "candles_2024", "candles_2033"]


async def test_processes_that_need_the_same_year_make_it_once(pool: Pool) -> None:
    """Five at once, many times, and once more."""
    years = range(1990, 2010)
    for year in years:
        await asyncio.gather(*(ensure_partitions(pool, [year, year + 1]) for _ in range(5)))
    await ensure_partitions(pool, years)
    assert await _years(pool) == [f"candles_{year}" for year in (*years, years[-1] + 1)]


async def test_a_partition_is_found_by_the_key_and_refuses_what_is_impossible(pool: Pool) -> None:
    """It has the table's key and its checks, and no check of its own that every row would have to pass."""
    await ensure_partitions(pool, [2000])
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND contype <> 'n'"
    table = sorted(row[0] for row in await pool.fetch(query, "candles"))
    assert sorted(row[0] for row in await pool.fetch(query, "candles_2000")) == table
    indexes = await pool.fetch("SELECT indexrelid FROM pg_index WHERE indrelid = 'candles_2000'::regclass")
    assert len(indexes) == 1


@pytest.mark.parametrize(
    ("interval", "start", "timezone", "roll_minutes"),
    [
        (Interval.M1, "2024-01-01T00:00", "UTC", 0),
        (Interval.M1, "2024-12-31T23:59", "Pacific/Kiritimati", 720),
        (Interval.H1, "2023-01-01T00:00", "Etc/GMT+12", 0),  # Saturday there, in a week of 2022
        (Interval.H1, "2022-01-02T23:00", "Etc/GMT+12", 0),  # Sunday there, in a week of 2021
        (Interval.D1, "2027-01-03T00:00", "UTC", 0),
        (Interval.W1, "2024-12-30T00:00", "UTC", 0),
    ],
)
async def test_rollups_may_lie_in_another_year(
    pool: Pool, interval: Interval, start: str, timezone: str, roll_minutes: int
) -> None:
    """Days and weeks of the first and last hours of a year find the partition that they need."""
    columns = {"timezone": timezone, "roll_minutes": roll_minutes}
    acme = await instrument(pool)
    await pool.execute("UPDATE instruments SET timezone = $1, roll_minutes = $2", *columns.values())
    await store(pool, acme, interval, spaced(1, interval, start=_at(start)))
    assert len((await found(pool, acme.id)).bars[Interval.W1]) == 1


def test_the_margin_holds_the_monday_of_the_earliest_session_and_the_latest_date() -> None:
    """A week may begin 7.5 days before a bar, and a date may lie 1.6 days after it."""
    january, december = _at("2024-01-08T12:00"), _at("2024-12-30T10:00")
    assert list(years_of(january, january)) == [2023, 2024]
    assert list(years_of(december, december)) == [2024, 2025]
    assert list(years_of(january + DAY, december - 8 * DAY)) == [2024]


async def test_tidy_makes_every_page_visible(pool: Pool) -> None:
    """Afterwards a window is read from the key alone."""
    await store(pool, await instrument(pool), Interval.D1, spaced(300, Interval.D1))
    await tidy(pool, [2024])
    (pages,) = await pool.fetch("SELECT relpages, relallvisible FROM pg_class WHERE oid = 'candles_2024'::regclass")
    assert pages["relpages"] == pages["relallvisible"] > 0


async def test_tidy_takes_the_statistics_of_signals(pool: Pool) -> None:
    """A plan knows at once how many rows a filled partition has, and who wrote them."""
    await store_parts(pool, computed(await instrument(pool), days(200)))
    await tidy(pool, [2024], of="signals")
    assert await pool.fetchval("SELECT reltuples FROM pg_class WHERE oid = 'signals_2024'::regclass") == 200
    seen = await pool.fetch(
        "SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'signals_2024' AND attname = 'producer'"
    )
    assert [tuple(row) for row in seen] == [("{gateway-engine-0123456789ab}",)]
