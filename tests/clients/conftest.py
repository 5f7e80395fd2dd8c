"""A gateway with a few instruments, and the packages of the clients."""

from collections.abc import AsyncIterator

import pytest

from gateway.config import ServerUrls
from resolvers.model.interval import Interval
from resolvers.storage.pool import open_pool
from tests.bars import instrument, spaced, store
from tests.clients.node import install_packages
from tests.servers import PATIENT, RunningGateway, Servers, fresh_database

SYMBOLS = ("ACME", "BETA", "CORP", "DELTA", "ECHO")


@pytest.fixture(scope="session")
def packages() -> None:
    """The npm packages; they are installed once, and again when the lock file changes."""
    install_packages()


@pytest.fixture(scope="session")
async def market(servers: Servers, template: str) -> AsyncIterator[RunningGateway]:
    """A gateway that all clients ask: five instruments, forty days of the first one; nobody changes it."""
    async with fresh_database(template, "clients") as url:
        pool = await open_pool(url, size=2)
        for symbol in SYMBOLS:
            made = await instrument(pool, symbol)
            if symbol == SYMBOLS[0]:
                await store(pool, made, Interval.D1, spaced(40, Interval.D1))
        await pool.close()
        async with RunningGateway(PATIENT, ServerUrls(database=url, redis=servers.urls.redis)) as gateway:
            yield gateway
