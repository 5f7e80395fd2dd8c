"""How long words of a model are fresh, stale and gone, and how processes share them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import redis.asyncio as redis

from loadtests.model_server import Behaviour, ScriptedModel
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.tiers import Tiers
from resolvers.model.facts import Facts
from resolvers.model_endpoint.breaker import Breaker
from resolvers.model_endpoint.budget import Budget
from resolvers.model_endpoint.endpoint import ModelEndpoint
from resolvers.wording import Worded, Wording
from tests.resolvers.compute.insights.market import by_hand
from tests.servers import Servers


class _Clock:
    """Unix seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1_706_900_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def _process(
    model: ScriptedModel, clock: _Clock, url: str | None = None, *, origin: str = "", calls: int = 60
) -> AsyncIterator[Wording]:
    """What one process has, with a Redis at *url* if there is one."""
    client = None if url is None else redis.Redis.from_url(url)
    tier = None if client is None else RedisTier(client, budget_seconds=20)
    wording = Wording(
        endpoint=ModelEndpoint(url=model.url, model="scripted", key=None, timeout_seconds=30),
        breaker=Breaker(failures=5, seconds=30),
        budget=Budget(calls=calls),
        tiers=Tiers(redis=tier, clock=clock, origin=origin),
        timeout_seconds=30,
        wait_seconds=20,
    )
    try:
        yield wording
    finally:
        await wording.close()
        if client is not None:
            await client.aclose()


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    """A model that answers well, as long as the test has it do so."""
    async with ScriptedModel() as model:
        yield model


async def _ask(wording: Wording, facts: Facts | None = None, *, may_wait: bool = True) -> Worded:
    facts = facts or by_hand()
    return (await wording.words([facts], may_wait=may_wait))[facts]


@pytest.mark.parametrize(("confidence", "seconds"), [(None, 60.0), (0.0, 60.0), (0.5, 75.0), (1.0, 90.0)])
async def test_words_are_fresh_by_confidence_then_stale_then_gone(
    model: ScriptedModel, confidence: float | None, seconds: float
) -> None:
    """Stale ones are given at once, while others are asked for; after sixty seconds more they are not given."""
    clock, facts = _Clock(), by_hand(confidence=confidence)
    async with _process(model, clock) as wording:
        first = await _ask(wording, facts)
        assert first.is_new
        assert first.words is not None
        clock.now += seconds - 0.1
        assert wording.fresh(facts) == (first.words, False, False)
        assert len(model.asked) == 1
        clock.now += 0.1
        assert wording.fresh(facts) is None
        model.behaviour = Behaviour.SLOWLY
        stale = await _ask(wording, facts)
        assert stale == (first.words, False, True)
        clock.now += 59.9
        assert (await _ask(wording, facts)).words == first.words
        clock.now += 0.1
        assert (await _ask(wording, facts, may_wait=False)).words is None
        model.gate.set()
        renewed = await _ask(wording, facts)
        assert renewed.words is not None
        assert renewed.words.made_at == clock.now
    assert len(model.asked) == 2


async def test_states_that_differ_have_words_of_their_own(model: ScriptedModel) -> None:
    """Another trend or direction, another bucket; facts of one bucket share, whoever came first."""
    clock, facts = _Clock(), by_hand()
    near = replace(facts, time=facts.time + 86_400)
    far = replace(facts, trend=-1)
    async with _process(model, clock) as wording:
        found = await wording.words([facts, near, far], may_wait=True)
    assert found[facts] == found[near] != found[far]
    assert len(model.asked) == 2


async def test_one_process_asks_and_the_others_wait_for_its_words(model: ScriptedModel, servers: Servers) -> None:
    """At the same moment, by a lease in Redis."""
    clock, model.behaviour = _Clock(), Behaviour.SLOWLY
    redis_url = servers.urls.redis
    async with (
        _process(model, clock, redis_url, origin="shared") as one,
        _process(model, clock, redis_url, origin="shared") as other,
    ):
        asking = [asyncio.create_task(_ask(process)) for process in (one, other, one, other)]
        async with asyncio.timeout(20):
            while not model.asked:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        model.gate.set()
        found = await asyncio.gather(*asking)
    assert len({worded.words.made_at for worded in found if worded.words is not None}) == 1
    assert all(worded.words is not None for worded in found)
    assert len(model.asked) == 1


async def test_garbage_in_redis_is_a_miss(model: ScriptedModel, servers: Servers) -> None:
    """What another release has left there is overwritten."""
    clock = _Clock()
    async with _process(model, clock, servers.urls.redis, origin="garbage") as one:
        assert (await _ask(one)).is_new
    async with redis.Redis.from_url(servers.urls.redis) as client:
        (name,) = [key async for key in client.scan_iter("cache:garbage:*") if not key.endswith(b":lease")]
        await client.set(name, b"garbage", px=60_000)
    async with _process(model, clock, servers.urls.redis, origin="garbage") as other:
        assert (await _ask(other)).is_new
    async with _process(model, clock, servers.urls.redis, origin="garbage") as third:
        clock.now += 1
        assert not (await _ask(third)).is_new
    assert len(model.asked) == 2


async def test_closing_gives_up_what_is_asked(model: ScriptedModel) -> None:
    """And whoever waits is answered without."""
    model.behaviour = Behaviour.SILENT
    async with _process(model, _Clock()) as wording:
        asking = asyncio.create_task(_ask(wording))
        async with asyncio.timeout(20):
            while not model.asked:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert (await asking).words is None


async def test_what_was_refused_for_a_state_is_not_asked_again_at_once(model: ScriptedModel) -> None:
    """Thirty seconds later it is, and other states at once."""
    clock, model.behaviour = _Clock(), Behaviour.INVENTED
    async with _process(model, clock) as wording:
        for _ in range(3):
            assert (await _ask(wording)).words is None
        assert len(model.asked) == 1
        await _ask(wording, by_hand(trend=-1))
        assert len(model.asked) == 2
        clock.now += 30
        model.behaviour = Behaviour.WELL
        assert (await _ask(wording)).is_new
        counts = wording.counts
    assert (counts.loads, counts.failed, counts.loaded) == (3, 2, 1)
