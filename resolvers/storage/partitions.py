"""Yearly partitions of candles and of signals, made before the load that needs them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

import asyncpg

from resolvers.storage.pool import connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOCK = 0x5_16A2

Partitioned: TypeAlias = Literal["candles", "signals"]
"""A table that has a partition for each year."""


def years_of(first: int, last: int) -> range:
    """
    The years that bars between *first* and *last* (unix seconds) and their rollups can fall into.

    A rollup's bar may carry a time up to a week before, or a day after, the bars that it is made of.
    """
    margin = 8 * 86_400
    return range(
        datetime.fromtimestamp(first - margin, UTC).year,
        datetime.fromtimestamp(last + margin, UTC).year + 1,
    )


async def ensure_partitions(pool: asyncpg.Pool, years: Iterable[int], *, of: Partitioned = "candles") -> None:
    """
    Makes the partitions of a table that are missing, each in a transaction of its own.

    ``CREATE TABLE … PARTITION OF`` would wait for every load that is open, and every reader behind it.
    Attaching a table that was made before stands in nobody's way, and does not scan it because its
    check says already what the partition's bounds will say. It still comes before the load, where its
    lock would last until the load commits and keep other loads from making theirs.
    """
    async with connection(pool) as one:
        missing = await one.fetch(
            "SELECT year FROM unnest($1::int[]) AS year WHERE to_regclass($2 || '_' || year) IS NULL ORDER BY year",
            list(set(years)),
            of,
        )
        for row in missing:
            async with one.transaction():
                await _make_partition(one, of, row["year"])


async def _make_partition(one: "Connection", of: Partitioned, year: int) -> None:
    await one.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    name = f"{of}_{year:d}"
    # Asked of the table: a look-up by name may still answer from before the wait.
    if await one.fetchval("SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relispartition)", name):
        return  # another process made it meanwhile
    first, end = f"'{year:04d}-01-01 00:00+00'", f"'{year + 1:04d}-01-01 00:00+00'"
    await one.execute(f"CREATE TABLE {name} (LIKE {of} INCLUDING ALL)")
    await one.execute(f"ALTER TABLE {name} ADD CONSTRAINT in_year CHECK (time >= {first} AND time < {end})")
    await one.execute(f"ALTER TABLE {of} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})")
    await one.execute(f"ALTER TABLE {name} DROP CONSTRAINT in_year")


async def tidy(pool: asyncpg.Pool, years: Iterable[int], *, of: Partitioned = "candles") -> None:
    """
    Vacuums the partitions of *years* after a large load.

    Reading a window never visits the heap once the visibility map says that all rows of a page are
    visible, and only a vacuum sets it: without, the first reads after an import are several times slower.
    What is planned for signals rests on statistics, which it takes as well.
    """
    for year in sorted(set(years)):
        async with connection(pool) as one:
            await one.execute(f"VACUUM (ANALYZE) {of}_{year:d}", timeout=600)
