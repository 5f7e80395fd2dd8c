"""Yearly partitions of the candles, made before the load that needs them."""

from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg

from resolvers.storage.pool import connection

_LOCK = 0x5_16A2


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


async def ensure_partitions(pool: asyncpg.Pool, years: Iterable[int]) -> None:
    """
    Makes the partitions that are missing, each in a transaction of its own.

    Attaching a partition locks the whole table against readers for a moment. Inside a load that moment
    would last until the load commits, so this comes before it. The check constraint beforehand lets
    PostgreSQL attach without scanning.
    """
    for year in sorted(set(years)):
        async with connection(pool) as one:
            if await one.fetchval("SELECT to_regclass($1) IS NOT NULL", f"candles_{year}"):
                continue
            async with one.transaction():
                await one.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
                await one.execute(
                    f"CREATE TABLE IF NOT EXISTS candles_{year:d} PARTITION OF candles "
                    f"FOR VALUES FROM ('{year:04d}-01-01 00:00+00') TO ('{year + 1:04d}-01-01 00:00+00')"
                )


async def tidy(pool: asyncpg.Pool, years: Iterable[int]) -> None:
    """
    Vacuums the partitions of *years* after a large load.

    Reading a window never visits the heap once the visibility map says that all rows of a page are
    visible, and only a vacuum sets it: without, the first reads after an import are several times slower.
    """
    for year in sorted(set(years)):
        async with connection(pool) as one:
            await one.execute(f"VACUUM (ANALYZE) candles_{year:d}", timeout=600)
