"""What is busy is held before anybody asks, within a budget."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway.background import in_background
from gateway.config import ServerUrls, Settings
from gateway.lifespan import Held, opened
from gateway.warming import Warming
from resolvers.cache.busy import Busy, key_text, window_of
from resolvers.cache.redis_tier import RedisTier
from resolvers.loaders import Loaders
from resolvers.model.demand import Demand
from resolvers.model.instrument import InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.window import Reach, WindowRequest
from resolvers.services import Services
from resolvers.storage.pool import Pool
from tests.bars import LATER, instrument, spaced, store
from tests.following import eventually
from tests.redis_server import OwnRedis
from tests.resolvers.reading.process import request
from tests.servers import PATIENT, RunningGateway, Servers
from tests.statements import StatementLog

_QUERY = '{ candles(symbol: "ACME", interval: H1, last: 5) { columns { close } } quotes(symbols: ["ACME"]) { price } }'
_OFF = replace(PATIENT, warm_windows=0)


@asynccontextmanager
async def _services(urls: ServerUrls) -> AsyncIterator[tuple[Services, RedisTier]]:
    """Those of a process that does not warm by itself."""
    async with opened(_OFF, urls, Held.of(_OFF, urls)) as state:
        services = state["services"]
        assert services.tiers.redis is not None
        yield services, services.tiers.redis


async def _traced(gateway: RunningGateway) -> set[str]:
    answer = await gateway.client.post("/graphql", json={"query": _QUERY}, headers={"x-gateway-trace": "cache"})
    return {one["tier"] for one in answer.json()["extensions"]["cache"]}


async def test_the_first_request_after_a_restart_is_held(urls: ServerUrls, pool: Pool) -> None:
    """Windows, quotes and instruments; without warming it comes from Redis."""
    await store(pool, await instrument(pool), Interval.H1, spaced(20, Interval.H1))
    async with RunningGateway(PATIENT, urls) as gateway:
        assert await _traced(gateway) == {"storage"}
    async with RunningGateway(_OFF, urls) as gateway:
        assert await _traced(gateway) == {"redis"}
    async with opened(PATIENT, urls, Held.of(PATIENT, urls)) as state:
        services = state["services"]

        async def is_warm() -> bool:
            tiers, nouns = services.tiers, services.tiers.nouns
            return bool(
                len(tiers.memory(nouns.window))
                and len(tiers.memory(nouns.quote))
                and len(tiers.memory(nouns.instrument))
            )

        await eventually(is_warm)
        loaders = Loaders(services)
        one = await loaders.instrument_by_name.load("ACME")
        assert one is not None
        await loaders.quote.load(one.id)
        window = await loaders.window.load(request(one.id, last=5, limit=PATIENT.max_list_size))
        assert window is not None
        assert {(noun, str(tier)) for noun, tier in loaders.trace.tiers} == {
            ("instrument", "memory"),
            ("quote", "memory"),
            ("window", "memory"),
        }


async def test_a_closed_bar_renews_its_windows(urls: ServerUrls, pool: Pool, servers: Servers) -> None:
    """Before anybody asks; those of other series and a bar that only changes renew nothing."""
    bars = spaced(30, Interval.W1)
    acme, other = await instrument(pool), await instrument(pool, "OTHER")
    await store(pool, acme, Interval.W1, bars[:20])
    await store(pool, other, Interval.W1, bars[:20])
    asked = request(acme.id, Interval.W1, last=5)
    log = StatementLog(servers.log, urls.database)
    await log.start()
    async with _services(urls) as (services, redis):
        own = Warming(services, redis, most=10)
        services.events.listeners.append(own)  # type: ignore[attr-defined]
        async with in_background(own.run()):
            await Loaders(services).window.load(asked)
            await own.tell()
            hits = services.tiers.counters.of("body").loads
            await store(pool, other, Interval.W1, bars[:21])
            await store(pool, acme, Interval.W1, bars[:21])

            async def is_renewed() -> bool:
                return services.tiers.counters.of("body").loads == hits + 1

            await eventually(is_renewed)

            async def is_held() -> bool:
                window = await Loaders(services).window.load(asked)
                return window is not None and window.bars.time[-1] == bars.time[20]

            await eventually(is_held)
            log.forget()
            assert await is_held()
            assert log.statements() == []
            assert services.tiers.counters.of("body").loads == hits + 1


class _Counting(Warming):
    """Counts what is loaded, and how much of it at once."""

    running = most_running = 0

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.loaded: list[WindowRequest] = []

    async def load(self, request: WindowRequest) -> None:
        """As it is."""
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await super().load(request)
        self.running -= 1
        self.loaded.append(request)


async def test_an_import_of_500_series_keeps_to_the_budget(urls: ServerUrls, pool: Pool) -> None:
    """Of 600 windows that were asked for 50 are busy; two are loaded at once, and each once per import."""
    bars = spaced(6, Interval.W1)

    async with _services(urls) as (services, redis):

        async def imported(count: int) -> None:
            await services.ingest.imported(
                {f"S{number}": bars[:count] for number in range(500)},
                new=lambda symbol: InstrumentSpec(symbol=symbol),
                interval=Interval.W1,
                source=Source.FILE,
                now=LATER,
            )

        await imported(3)
        ids = [row["id"] for row in await pool.fetch("SELECT id FROM instruments ORDER BY id")]
        own = _Counting(services, redis, most=50)
        services.events.listeners.append(own)  # type: ignore[attr-defined]
        async with in_background(own.run()):
            loaders = Loaders(services)
            await loaders.window.load_many([request(one, Interval.W1, last=3) for one in ids])
            busy = [request(one, Interval.W1, last=2) for one in ids[:50]]
            for _ in range(2):
                await Loaders(services).window.load_many(busy)
            await own.tell()
            await imported(5)

            async def is_done() -> bool:
                return len(own.loaded) >= 50 and not own._due and not own.running

            await eventually(is_done)
        assert set(own.loaded) == set(busy)
        assert own.most_running <= 2
        assert len(own.loaded) <= 2 * len(busy)


async def test_of_two_processes_one_reads(urls: ServerUrls, pool: Pool) -> None:
    """The other takes what it has stored."""
    acme, bars = await instrument(pool), spaced(30, Interval.W1)
    await store(pool, acme, Interval.W1, bars[:20])
    asked = request(acme.id, Interval.W1, last=5)
    async with _services(urls) as (first, redis), _services(urls) as (second, other_redis):
        both = [_Counting(first, redis, most=10), _Counting(second, other_redis, most=10)]
        async with in_background(both[0].run()), in_background(both[1].run()):
            for services, own in zip((first, second), both, strict=True):
                services.events.listeners.append(own)  # type: ignore[attr-defined]
                await Loaders(services).window.load(asked)
                await own.tell()
            loads = sum(services.tiers.counters.of("body").loads for services in (first, second))
            await store(pool, acme, Interval.W1, bars[:21])

            async def is_done() -> bool:
                return all(own.loaded == [asked] for own in both)

            await eventually(is_done)
        assert sum(services.tiers.counters.of("body").loads for services in (first, second)) == loads + 1


async def test_without_redis_nothing_is_warmed(
    urls: ServerUrls, pool: Pool, own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    """And nothing fails: the first who asks reads."""
    await store(pool, await instrument(pool), Interval.H1, spaced(20, Interval.H1))
    own_redis.stop()
    async with RunningGateway(Settings(), ServerUrls(database=urls.database, redis=own_redis.url)) as gateway:
        assert await _traced(gateway) == {"storage"}
        await store(pool, await instrument(pool, "B"), Interval.H1, spaced(20, Interval.H1))
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


async def test_loading_at_the_start_ends_in_time(urls: ServerUrls, pool: Pool) -> None:
    """What is locked is not waited for."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.W1, spaced(5, Interval.W1))
    async with _services(urls) as (services, redis):
        await Busy(redis, services.tiers.origin, most=5).add({"window": {request(acme.id, Interval.W1, last=2): 3}})
        own = _Counting(services, redis, most=5, start_seconds=0.2)
        async with pool.acquire() as one, one.transaction():
            await one.execute("LOCK TABLE series")
            async with asyncio.timeout(10):
                await own._start()
        assert own.loaded == []


async def test_what_was_asked_for_lately_counts_more(own_redis: OwnRedis) -> None:
    """An hour is worth half of the next, and the fourth nothing; the least are forgotten."""
    now = 1_000_000.0
    async with own_redis.client() as client:
        tier = RedisTier(client, budget_seconds=5)
        busy = Busy(tier, "one", most=3, clock=lambda: now)
        await busy.add({"quote": {1: 9}})
        now += 3600
        await busy.add({"quote": {2: 7, 3: 1}})
        await busy.add({"quote": {3: 4}, "window": {}})
        now += 3600
        await busy.add({"quote": {4: 5}})
        assert await busy.busiest("quote") == ["4", "2", "3"]
        assert await busy.busiest("window") == []
        now += 2 * 3600
        assert await busy.busiest("quote") == ["4"]
        await busy.add({"quote": dict.fromkeys(range(100), 1)})
        await busy.add({"quote": dict.fromkeys(range(100, 200), 1)})
        await busy.add({"quote": dict.fromkeys(range(200, 300), 1)})
        assert all([await client.zcard(key) <= 6 for key in await client.keys("busy:one:*")])
        assert all([await client.ttl(key) > 0 for key in await client.keys("busy:one:*")])


@pytest.mark.parametrize(
    "one", [request(7, last=5), request(7, Interval.W1, start=1, end=9, reach=Reach(bars=4, anchored=True))]
)
def test_a_window_is_read_as_it_was_written(one: WindowRequest) -> None:
    """Field by field."""
    assert window_of(key_text(one)) == one


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '["7", 60, null, null, 5, 9, 0, false]', "[7, 61, 1, 2, 3, 4, 5, true]"]
)
def test_what_is_no_window_is_none(text: str) -> None:
    """Of another release, or of nobody."""
    assert window_of(text) is None


def test_demand_is_bounded_and_begins_anew() -> None:
    """Other nouns are not counted."""
    demand = Demand(most=2)
    for key in (1, 2, 3, 1):
        demand.asked("quote", key)
        demand.asked("page", key)
    assert demand.taken() == {"window": {}, "quote": {1: 2, 2: 1}, "instrument": {}}
    assert demand.taken()["quote"] == {}
