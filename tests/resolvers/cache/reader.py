"""A process that reads one window, many times at once; run by tests as a program."""

import asyncio
import json
import sys
from dataclasses import asdict

import redis.asyncio as redis

from resolvers.cache.lease import Leases
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.tiers import Tiers
from resolvers.ingest import Ingest
from resolvers.loaders import Loaders
from resolvers.model.event import body_subject, series_subject
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.window import WindowRequest
from resolvers.services import Services
from resolvers.storage.pool import open_pool


async def main(database: str, cache: str, origin: str, instrument_id: int, readers: int) -> None:
    """Says that it is ready, waits for a line, reads, and tells what it got."""
    pool, client, revisions = await open_pool(database, size=10), redis.Redis.from_url(cache), Revisions()
    for row in await pool.fetch("SELECT * FROM series"):
        series = row["instrument_id"], Interval(row["bar_minutes"])
        revisions.move(series_subject(*series), row["revision"])
        revisions.move(body_subject(*series), row["body_revision"])
    revisions.is_followed = True
    tier = RedisTier(client, budget_seconds=20)
    tiers = Tiers(origin=origin, redis=tier, leases=Leases(tier))
    services = Services(
        pool=pool,
        ingest=Ingest(pool),
        clock=lambda: 0.0,
        max_bars=10_000,
        bar_grace_seconds=0.0,
        quote_stale_seconds=60.0,
        tiers=tiers,
        revisions=revisions,
    )
    request = WindowRequest(
        instrument_id=instrument_id, interval=Interval.H1, start=None, end=None, last=100, limit=10_000
    )
    print("ready", flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.readline)
    windows = await asyncio.gather(*(Loaders(services).window.load(request) for _ in range(readers)))
    lengths = [0 if window is None else len(window.bars) for window in windows]
    await tiers.close()
    body = asdict(tiers.counters.of("body"))
    print(json.dumps({"lengths": lengths, "body": body}), flush=True)  # noqa: T201
    await client.aclose()
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], *map(int, sys.argv[4:])))  # type: ignore[arg-type]
