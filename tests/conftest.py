"""What every test may use, and the rule that a machine with the real prices skips nothing."""

import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import settings

from gateway.config import ServerUrls
from gateway.embedded import embedded_servers
from resolvers.storage.pool import Pool, open_pool
from tests.following import Events
from tests.redis_server import OwnRedis
from tests.scratch import scratch_folder
from tests.servers import PATIENT, RunningGateway, Servers, fresh_database, make_template

# The same examples each time, so that a run says something of the change before it; others are looked for with
# HYPOTHESIS_PROFILE=default in the environment.
settings.register_profile("steady", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--fail-on-skip``, which CI gives where the real prices are present."""
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turns a green run with skipped tests red, when asked to."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--fail-on-skip") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("tests were skipped although --fail-on-skip was given", red=True)
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def real_prices() -> Path:
    """The folder of real prices; tests that use it skip by name where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real prices of ../shared/data are not here")
    return SHARED_DATA


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Embedded PostgreSQL and Redis on a directory of their own, for the whole run."""
    with scratch_folder() as folder, embedded_servers(folder / "data") as urls:
        assert urls.database is not None
        assert urls.redis is not None
        found = ServerUrls(database=urls.database, redis=urls.redis)
        yield Servers(urls=found, log=folder / "data" / "postgres.log")


@pytest.fixture(scope="session")
async def template(servers: Servers) -> str:
    """The URL of the server whose template database is migrated."""
    await make_template(servers.urls.database)
    return servers.urls.database


_numbers = itertools.count(1)


@pytest.fixture
async def urls(servers: Servers, template: str) -> AsyncIterator[ServerUrls]:
    """Servers with an empty, migrated database for one test."""
    async with fresh_database(template, f"test_{next(_numbers)}") as url:
        yield ServerUrls(database=url, redis=servers.urls.redis)


@pytest.fixture
async def pool(urls: ServerUrls) -> AsyncIterator[Pool]:
    """A pool on the test's database."""
    pool = await open_pool(urls.database, size=5)
    yield pool
    with suppress(OSError):
        await pool.close()


@pytest.fixture
async def gateway(urls: ServerUrls) -> AsyncIterator[RunningGateway]:
    """A running gateway on the test's database."""
    async with RunningGateway(PATIENT, urls) as running:
        yield running


@pytest.fixture
async def own_redis() -> AsyncIterator[OwnRedis]:
    """A Redis that the test may stop; its folder is short, because sockets' names must be."""
    with tempfile.TemporaryDirectory() as folder:
        server = OwnRedis(Path(folder))
        await server.start()
        yield server
        server.stop()


@pytest.fixture
async def events(pool: Pool, urls: ServerUrls, own_redis: OwnRedis) -> AsyncIterator[Events]:
    """An empty database with a Redis of its own."""
    async with AsyncExitStack() as stack:
        yield Events(pool, urls, own_redis, stack)
