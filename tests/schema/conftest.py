"""A gateway whose statements are counted at the server, and a market for it."""

from collections.abc import AsyncIterator

import pytest

from gateway.config import ServerUrls, Settings
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.servers import RunningGateway, Servers, StatementLog


@pytest.fixture
async def statements(servers: Servers, urls: ServerUrls) -> StatementLog:
    """What the test's database executes for connections that are made after this."""
    log = StatementLog(servers.log, urls.database)
    await log.start()
    return log


@pytest.fixture
async def counted(statements: StatementLog, urls: ServerUrls) -> AsyncIterator[RunningGateway]:
    """A gateway of which every statement is in `statements`."""
    async with RunningGateway(Settings(), urls) as running:
        yield running


@pytest.fixture
async def days(pool: Pool) -> Bars:
    """600 daily bars of ACME, in New York."""
    bars = spaced(600, Interval.D1)
    await store(pool, await instrument(pool), Interval.D1, bars)
    return bars
