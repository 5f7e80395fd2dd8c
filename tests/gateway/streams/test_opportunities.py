"""Opportunities, from the write of a signal to the stream: PostgreSQL, Redis, a reader and a hub."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.endpoint.documents import Documents
from gateway.streams.history import StoredHistory
from gateway.streams.hub import Hub
from gateway.streams.hub_settings import HubSettings
from gateway.streams.market import market_hub
from gateway.streams.message import StreamMessage
from gateway.streams.opportunities import OpportunitiesSource
from gateway.streams.subscriber import Subscriber
from resolvers.ingest import Ingest
from resolvers.model.event import EventKind
from resolvers.model.instrument import Instrument
from resolvers.model.signal import Direction
from resolvers.services import Services
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import stored_revisions
from schema.build import build_schema
from schema.context import Context
from schema.limits import Limits
from tests.bars import NOON, instrument
from tests.following import Events, eventually
from tests.gateway.streams.stage import rows_of, stream_of
from tests.signals import draft, moment, store

_HOUR = 3600
_PLACES = """subscription ($first: Int! = 10, $filter: OpportunityFilter) {
    opportunities(first: $first, filter: $filter) { rank score signal { rationale status } instrument { symbol } } }"""
_WHY = "subscription { opportunities { id reasons } }"


@dataclass
class Process:
    """A hub behind a reader, and a clock that a test sets."""

    hub: Hub
    services: Services
    now: list[float]

    async def join(self, text: str, resume_from: str | None = None, **variables: Any) -> Subscriber:
        """A subscriber."""
        document = Documents(build_schema()._schema, Limits()).get(text)
        assert not document.errors, document.errors
        return await self.hub.subscribe(document.operation(), variables, resume_from=resume_from)

    async def is_told(self) -> bool:
        """Whether everything that is written was heard and told."""
        stored = await stored_revisions(self.services.pool)
        return self.services.events.has_reached(stored.position) and self.hub.is_idle

    async def query(self, text: str, **variables: Any) -> Any:
        """What a query of the same process says, which holds nothing yet."""
        services = replace(self.services, tiers=type(self.services.tiers)())
        result = await build_schema().execute(
            text.replace("subscription", "query", 1), variable_values=variables, context_value=Context.of(services)
        )
        assert result.errors is None
        assert result.data is not None
        return result.data["opportunities"]


@asynccontextmanager
async def _process(events: Events) -> AsyncIterator[Process]:
    process = await events.process()
    streams = await events.streams()
    now = [float(NOON)]
    services = Services(
        pool=events.pool,
        ingest=Ingest(events.pool),
        clock=lambda: now[0],
        max_bars=1000,
        bar_grace_seconds=2,
        quote_stale_seconds=60,
        revisions=process.revisions,
        events=process.reader,
    )
    hub = market_hub(
        services,
        follower=process.reader,
        history=StoredHistory(pool=events.pool, streams=lambda: streams),
        settings=HubSettings(beat_seconds=0.0),
    )
    process.reader.listeners.append(hub)
    hub.start()
    try:
        yield Process(hub, services, now)
    finally:
        await hub.close()


@pytest.fixture
async def many(pool: Pool) -> dict[str, Instrument]:
    """Three instruments."""
    return {symbol: await instrument(pool, symbol) for symbol in ("A", "B", "C")}


def _names(message: StreamMessage | None) -> list[str]:
    return [one["signal"]["rationale"] for one in rows_of(message)]


async def test_every_message_is_what_a_query_would_say(events: Events, pool: Pool, many: dict[str, Instrument]) -> None:
    """First the present list, and the list again when a signal is new, said anew, withdrawn or superseded."""
    async with events.relaying(), _process(events) as process:
        lists: list[dict[str, Any]] = [{}, {"first": 1}, {"filter": {"symbols": ["b", "C"]}}]
        here = [await process.join(_PLACES, **variables) for variables in lists]
        why = await process.join(_WHY)
        for one in (*here, why):
            assert rows_of(await anext(one)) == []
        kept = draft(many["A"], rationale="a", key="1", score=0.5)
        for written, expected in (
            (kept, [["a"], ["a"], None]),
            (draft(many["B"], rationale="b", score=0.6), [["b", "a"], ["b"], ["b"]]),
            (draft(many["C"], rationale="c", score=0.1), [["b", "a", "c"], None, ["b", "c"]]),
            (replace(kept, score=0.9, rationale="a2"), [["a2", "b", "c"], ["a2"], ["b", "c"]]),
            (replace(kept, score=0.8, rationale="a3"), [["a3", "b", "c"], ["a3"], None]),
            (replace(kept, is_cancelled=True), [["b", "c"], ["b"], ["b", "c"]]),
            (
                draft(many["B"], time=NOON + _HOUR, rationale="-", direction=Direction.HOLD, score=0.0),
                [["c"], ["c"], ["c"]],
            ),
        ):
            await store(pool, written)
            said = rows_of(await anext(why))
            assert [one["id"] for one in said] == [one["id"] for one in await process.query(_WHY)]
            for one, names, variables in zip(here, expected, lists, strict=True):
                if names is not None:
                    message = await anext(one)
                    assert _names(message) == names
                    assert rows_of(message) == await process.query(_PLACES, **variables)
        assert [one.taken() for one in (*here, why)] == [None] * 4


async def test_the_clock_alone_says_nothing(events: Events, pool: Pool, many: dict[str, Instrument]) -> None:
    """Neither by itself, nor with a signal that changes nothing in the list; what it did comes with one that does."""
    async with events.relaying(), _process(events) as process:
        until = moment(NOON + 10 * _HOUR)
        await store(
            pool,
            draft(many["A"], rationale="a", score=0.5, valid_until=until),
            draft(many["B"], rationale="b", score=0.5, valid_until=moment(NOON + 1000)),
        )
        text = _PLACES.replace("score", "score asOf reasons")
        one, witness = await process.join(text, first=2), await process.join(_PLACES)
        assert _names(await anext(one)) == ["a", "b"]
        await anext(witness)
        process.now[0] = NOON + 999
        await store(pool, draft(many["C"], rationale="c", score=0.3))
        assert _names(await anext(witness)) == ["a", "c", "b"]
        # The third is better now than the second, whose life is almost over.
        assert _names(await anext(one)) == ["a", "c"]
        process.now[0] = NOON + 5 * _HOUR
        await store(pool, draft(many["C"], rationale="c, of another", score=0.05, producer="z"))
        # Two lists of one beat would be one.
        await eventually(process.is_told)
        late = await process.join(_PLACES)
        assert [one["score"] for one in rows_of(await anext(late))] == [0.25, 0.135]
        assert one.taken() is None
        await store(pool, draft(many["C"], time=NOON + _HOUR, rationale="d", score=0.9))
        message = await anext(one)
        assert _names(message) == ["d", "a"]
        assert rows_of(message)[1]["score"] == 0.25
        assert stream_of(message) == {"skipped": 1}


async def test_who_comes_later_is_not_shown_what_has_expired(
    events: Events, pool: Pool, many: dict[str, Instrument]
) -> None:
    """Although others still hold it, who were told when it ends."""
    async with events.relaying(), _process(events) as process:
        await store(pool, draft(many["A"], rationale="a", valid_until=moment(NOON + 60)))
        first = await process.join(_PLACES)
        assert _names(await anext(first)) == ["a"]
        process.now[0] = NOON + 60
        later = await process.join(_PLACES)
        assert _names(await anext(later)) == []
        assert first.taken() is None
        await store(pool, draft(many["B"], rationale="b"))
        for one in (first, later):
            assert _names(await anext(one)) == ["b"]


async def test_equal_arguments_share_an_execution(events: Events, pool: Pool, many: dict[str, Instrument]) -> None:
    """However they are written; others have their own, of the same reading."""
    async with events.relaying(), _process(events) as process:
        alike = [
            await process.join(_PLACES),
            await process.join(_PLACES, first=10, filter=None),
            await process.join(_PLACES.replace("$first: Int! = 10, ", "").replace("$first", "10")),
        ]
        other = await process.join(_PLACES, first=3)
        for one in (*alike, other):
            await anext(one)
        executions = process.hub.executions
        before, loads = executions.count, process.services.tiers.counters.of("active_signals").loads
        await store(pool, draft(many["A"], rationale="a"))
        for one in (*alike, other):
            assert _names(await anext(one)) == ["a"]
        # Of those without a filter, with null for one, and with fewer.
        assert executions.count - before == 3
        assert process.services.tiers.counters.of("active_signals").loads - loads == 1


async def test_lists_that_nobody_watches_are_forgotten(events: Events, many: dict[str, Instrument]) -> None:
    """With the last who did: what comes then makes nothing of them."""
    async with _process(events) as process:
        source = OpportunitiesSource(process.services, StoredHistory(pool=events.pool, streams=lambda: None))
        audiences = [await source.audience({"first": 1 + number % 2}) for number in range(4)]
        assert len({one.subjects for one in audiences}) == 2
        assert audiences[0] == audiences[2]
        assert len(source._by_subject()) == 2
        del audiences
        gc.collect()
        assert source._by_subject() == {}


async def test_a_client_comes_back_and_is_shown_the_present(
    events: Events, pool: Pool, many: dict[str, Instrument]
) -> None:
    """Whether it missed anything or not; from the outbox, and with a reset where that is gone."""
    async with events.relaying(), _process(events) as process:
        position = (await anext(await process.join(_PLACES))).position
        again = await anext(await process.join(_PLACES, position))
        assert (_names(again), stream_of(again)) == ([], {})
    for number in range(3):
        await store(pool, draft(many["A"], rationale=f"{number}", key="k"))
    async with events.relaying(), _process(events) as process:
        message = await anext(await process.join(_PLACES, position))
        assert (_names(message), stream_of(message)) == (["2"], {"skipped": 2})
        await pool.execute("DELETE FROM outbox WHERE kind = 'signals'")
        message = await anext(await process.join(_PLACES, position))
        assert (_names(message), stream_of(message)) == (["2"], {"reset": True})


async def test_what_was_missed_is_read_past_a_process_that_is_behind(
    events: Events, pool: Pool, many: dict[str, Instrument]
) -> None:
    """Nobody relays: it has not heard of all that the outbox has, and holds a ranking of before."""
    async with _process(events) as process:
        position = (await anext(await process.join(_PLACES))).position
    await store(pool, draft(many["A"], rationale="a"))
    async with _process(events) as process:
        query = _PLACES.replace("subscription", "query", 1)
        held = await build_schema().execute(query, context_value=Context.of(process.services))
        assert held.data is not None
        assert len(held.data["opportunities"]) == 1
        await store(pool, draft(many["B"], rationale="b", score=0.1))
        assert _names(await anext(await process.join(_PLACES, position))) == ["a", "b"]
        assert process.services.events.position[EventKind.SIGNALS] == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"first": 501}, "at most 500 items, first was 501"),
        ({"first": -1}, "first must be at least 0, was -1"),
        ({"filter": {"symbols": ["ZZZZ"]}}, "no instrument ZZZZ"),
        ({"filter": {"minScore": 2}}, "minScore must be from 0 to 1, was 2"),
        ({"filter": {"minRiskReward": -1}}, "minRiskReward must be at least 0, was -1"),
    ],
)
async def test_what_cannot_be_watched_is_refused(events: Events, asked: dict[str, Any], message: str) -> None:
    """As a query refuses it."""
    async with _process(events) as process:
        with pytest.raises(GraphQLError, match=message):
            await process.join(_PLACES, **asked)
        assert process.hub.subscribers == []
