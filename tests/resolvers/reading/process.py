"""A process of the gateway as far as reads are concerned, and the events that it hears."""

from typing import Any

import redis.asyncio as redis

from resolvers.cache.lease import Leases
from resolvers.cache.nouns import Nouns
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.tiers import Tiers
from resolvers.ingest import Ingest
from resolvers.loaders import Loaders
from resolvers.model.event import INSTRUMENTS, EventKind, body_subject, quote_subject, series_subject
from resolvers.model.interval import Interval
from resolvers.model.revisions import Revisions
from resolvers.model.window import Reach, WindowRequest
from resolvers.services import Services
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import stored_revisions
from tests.bars import LATER


class Process:
    """
    Services with tiers of their own, whose revisions move when the test says so.

    Attributes:
        now: Unix seconds, for lives.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        client: redis.Redis | None = None,
        origin: str = "",
        nouns: Nouns | None = None,
        max_read_bars: int = 2_000_000,
    ) -> None:
        self.now = 1000.0
        self.pool = pool
        tier = None if client is None else RedisTier(client, budget_seconds=20)
        self.tiers = Tiers(
            nouns=nouns,
            origin=origin,
            redis=tier,
            leases=None if tier is None else Leases(tier, seconds=20),
            clock=lambda: self.now,
        )
        self.revisions = Revisions()
        self.revisions.is_followed = True
        self.services = Services(
            pool=pool,
            ingest=Ingest(pool),
            clock=lambda: LATER,
            max_bars=1000,
            max_read_bars=max_read_bars,
            bar_grace_seconds=0.0,
            quote_stale_seconds=60.0,
            tiers=self.tiers,
            revisions=self.revisions,
        )

    def loaders(self, **settings: Any) -> Loaders:
        """Those of a new operation."""
        return Loaders(self.services, **settings)

    async def hear(self) -> None:
        """Moves all revisions to what is committed, as the events would."""
        self.revisions.move(
            INSTRUMENTS, await self.pool.fetchval("SELECT revision FROM collections WHERE name = 'instruments'")
        )
        for subject, revision in (await stored_revisions(self.pool, [EventKind.SIGNALS])).revisions.items():
            self.revisions.move(subject, revision)
        for row in await self.pool.fetch("SELECT * FROM series"):
            series = row["instrument_id"], Interval(row["bar_minutes"])
            self.revisions.move(series_subject(*series), row["revision"])
            self.revisions.move(body_subject(*series), row["body_revision"])
        for row in await self.pool.fetch("SELECT instrument_id, revision FROM quotes"):
            self.revisions.move(quote_subject(row["instrument_id"]), row["revision"])

    def counts(self, noun: str) -> tuple[int, int, int]:
        """Found in the process, found in Redis, and asked of storage."""
        counts = self.tiers.counters.of(noun)
        return counts.memory_hits, counts.redis_hits, counts.loads


async def move(pool: Pool, *, series: bool = True, body: bool = True) -> None:
    """
    Leaves behind what a write leaves: revisions that have moved.

    Writing moves `series.revision`; the others are moved here.
    """
    if body:
        await pool.execute("UPDATE series SET body_revision = revision")
    if series:
        await pool.execute("UPDATE quotes SET revision = revision + 1")
        await pool.execute("UPDATE collections SET revision = revision + 1")


def request(
    instrument_id: int,
    interval: Interval = Interval.H1,
    *,
    last: int | None = None,
    start: int | None = None,
    end: int | None = None,
    limit: int = 1000,
    reach: Reach = Reach(),  # noqa: B008 - frozen
) -> WindowRequest:
    """A window that is asked for."""
    return WindowRequest(
        instrument_id=instrument_id, interval=interval, start=start, end=end, last=last, limit=limit, reach=reach
    )
