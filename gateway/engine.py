"""The engine in a process: what its settings have it do, and how it goes on whatever happens to PostgreSQL."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.config import ServerUrls, Settings
from gateway.lifespan import Feed
from resolvers.compute.agents.installed import AgentRefused, installed_panel
from resolvers.engine.engine import Engine
from resolvers.engine.plan import Plan
from resolvers.errors import GatewayError, Unavailable
from resolvers.events.outage import Outage
from resolvers.ingest import Ingest
from resolvers.model.interval import Interval
from resolvers.storage.engine_series import Shard
from resolvers.storage.leading import session
from resolvers.storage.outbox import CHANNEL
from resolvers.storage.pool import Pool, close_pool, open_pool

logger = logging.getLogger("gateway.engine")

LOCK = 0x5_16A9
"""Who holds it is the one engine inside the processes that serve a database; workers need none."""

# For the most in a second, and for those who share the process.
_OF_A_WORKER = {"most_rows": 40_000, "most_series": 256, "at_once": 16}
_BESIDE_REQUESTS = {"most_rows": 2_500, "most_series": 32, "at_once": 1}
_SWITCH_SECONDS = 0.001
_CONNECTIONS = 3
_WAIT_SECONDS = 2.0
_AFTER_READY_SECONDS = 0.5


def plan_of(settings: Settings, *, is_worker: bool) -> Plan:
    """
    What the settings have an engine do.

    Raises:
        GatewayError: If an agent that is installed cannot be used.
    """
    try:
        panel = installed_panel()
    except AgentRefused as error:
        raise GatewayError(str(error)) from error
    number, _, of = settings.engine_shard.partition("/")
    return Plan(
        panel=panel,
        intervals=tuple(Interval.parse(one) for one in settings.engine_intervals.split(",")),
        history=settings.engine_history_bars,
        horizon=settings.engine_horizon_bars,
        threads=settings.engine_threads,
        lanes=(settings.engine_threads + 1) // 2 if is_worker else 1,
        shard=Shard(int(number), int(of)),
        grace=settings.bar_grace_seconds,
        **(_OF_A_WORKER if is_worker else _BESIDE_REQUESTS),
    )


def engine_feed(settings: Settings, urls: ServerUrls) -> Feed:
    """
    The engine beside the requests: in one process, however many serve a database.

    Raises:
        GatewayError: As `plan_of`.
    """
    plan = plan_of(settings, is_worker=False)

    async def feed(_: Pool, ingest: Ingest) -> None:
        # Whoever waits for the gateway to be ready comes first.
        await asyncio.sleep(_AFTER_READY_SECONDS)
        # So long a thread that computes may keep the interpreter when the event loop wants it.
        sys.setswitchinterval(_SWITCH_SECONDS)
        await follow(urls, ingest, plan, is_alone=True)

    return feed


async def follow(urls: ServerUrls, ingest: Ingest | None, plan: Plan, *, is_alone: bool) -> None:
    """
    Computes until it is cancelled. While PostgreSQL does not answer it waits.

    Args:
        ingest: That of the process, if it has one.
        is_alone: Whether it waits until no other process does so.
    """
    outage = Outage(logger, "no signals are made, PostgreSQL does not answer")
    while True:
        try:
            async with session(urls.database, CHANNEL) as own:
                while is_alone and not await own.leads(LOCK):
                    await own.woken(_WAIT_SECONDS)
                async with opened_engine(urls, ingest, plan) as engine:
                    outage.over()
                    await engine.run(own)
        except Unavailable as error:
            outage.met(error)
        except Exception:
            logger.exception("unforeseen error of the engine")
        await asyncio.sleep(_WAIT_SECONDS)


@asynccontextmanager
async def opened_engine(urls: ServerUrls, ingest: Ingest | None, plan: Plan) -> AsyncIterator[Engine]:
    """
    An engine on connections of its own.

    Raises:
        Unavailable: If PostgreSQL does not answer.
    """
    pool = await open_pool(urls.database, size=_CONNECTIONS)
    engine = Engine(pool, Ingest(pool) if ingest is None else ingest.on(pool), plan)
    try:
        yield engine
    finally:
        engine.close()
        await close_pool(pool, patience_seconds=1)
