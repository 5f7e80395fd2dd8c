"""``gateway cache``: what is printed of running gateways."""

import asyncio

from gateway.commands.cache_tables import process_tables
from gateway.config import ServerUrls, Settings
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.gateway.commands.conftest import Runner
from tests.servers import RunningGateway

_QUERY = '{ candles(symbol: "ACME", interval: H1, last: 5) { columns { close } } }'
_OFTEN = Settings(stats_seconds=0.1)


def _cell(table: str, row: str, column: str) -> int:
    """A number of the last table that has such a column."""
    lines = table.splitlines()
    heading = max(at for at, line in enumerate(lines) if column in line.split())
    place = lines[heading].split().index(column) - len(lines[heading].split())
    return next(int(line.split()[place].replace(",", "")) for line in lines[heading:] if line.split()[:1] == [row])


async def _printed(gateway_command: Runner, *words: str) -> str:
    """What is printed when all of *words* stand in it."""
    while True:
        ended = await asyncio.to_thread(gateway_command, "cache", "stats")
        assert (ended.returncode, ended.stderr) == (0, "")
        if all(word in ended.stdout for word in words):
            return ended.stdout


async def test_stats_are_those_of_each_process_and_of_redis(
    gateway_command: Runner, urls: ServerUrls, pool: Pool
) -> None:
    """What was held, counted and stored for one query that was asked three times."""
    await store(pool, await instrument(pool), Interval.H1, spaced(20, Interval.H1))
    async with RunningGateway(_OFTEN, urls) as gateway:
        for _ in range(3):
            await gateway.client.post("/graphql", json={"query": _QUERY})
        printed = await _printed(gateway_command, "hits 2, waits 0, misses 1")
    assert _cell(printed.partition("Redis")[0], "held", "window") == 1
    assert _cell(printed.partition("Redis")[0], "loads", "body") == 1
    assert _cell(printed.partition("Redis")[0], "loaded", "instrument") == 1
    assert _cell(printed.partition("Redis")[0], "bytes", "window") > 0
    assert _cell(printed, "body", "keys") == _cell(printed, "newest", "keys") == 1
    assert _cell(printed, "all", "bytes") > 5 * 48
    assert "troubles: unreachable 0" in printed


def test_several_processes_are_added_up() -> None:
    """Each by its name, then all together."""
    printed = "\n".join(process_tables({"a-1": {"quote.loads": 2}, "b-2": {"quote.loads": 1040, "response.hits": 3}}))
    assert [line for line in printed.splitlines() if ("-" in line or "all" in line) and "," in line][:2] == [
        "a-1, for 0 s",
        "b-2, for 0 s",
    ]
    total = printed.partition("all 2 processes")[2]
    assert _cell(total, "loads", "quote") == 1042
    assert "hits 3, waits 0" in total


def test_nobody_who_tells_is_said(quick_command: Runner) -> None:
    """And nothing is in Redis of a database that nobody serves."""
    ended = quick_command("cache", "stats")
    assert ended.returncode == 0
    assert ended.stdout.startswith("No process has told its counters")
    assert _cell(ended.stdout, "all", "keys") == 0


def test_a_redis_that_is_gone_is_one_line(quick_command: Runner) -> None:
    """Status 1."""
    ended = quick_command("cache", "stats", GATEWAY_REDIS_URL="redis://127.0.0.1:1/0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1].startswith("gateway: Redis cannot be reached")
