"""Candles, from the write to the stream: PostgreSQL, Redis, a reader and a hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from graphql import GraphQLError

from gateway.endpoint.documents import Documents
from gateway.streams.history import StoredHistory
from gateway.streams.hub import Hub
from gateway.streams.hub_settings import HubSettings
from gateway.streams.market import market_hub
from gateway.streams.message import StreamMessage
from gateway.streams.subscriber import Subscriber
from resolvers.ingest import Ingest
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.services import Services
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.pool import Pool
from schema.build import build_schema
from schema.context import Context
from schema.limits import Limits
from tests.bars import NOON, instrument, spaced, store
from tests.following import Events
from tests.gateway.streams.stage import read, stream_of

_MINUTE = 60
_BARS = 400
_FIELDS = """time open high low close volume isClosed rsi(period: 14) short: rsi(period: 3) ema(period: 12)
  macd { macd signal histogram } bollinger(period: 20) { upper middle lower } obv kama vwap atr"""
_BAR = (
    'subscription ($interval: Interval! = M1) { candles(symbol: "acme", interval: $interval) { bar { time close } } }'
)
_WITH_INDICATORS = f'subscription {{ candles(symbol: "ACME") {{ changedFrom bar {{ {_FIELDS} }} }} }}'
_QUERY = f'{{ candles(symbol: "ACME", interval: M1, last: 1) {{ bars {{ {_FIELDS} }} }} }}'


@dataclass
class Process:
    """A hub behind a reader, and the services that a query of the same process has."""

    hub: Hub
    services: Services

    async def join(self, text: str, resume_from: str | None = None, **variables: Any) -> Subscriber:
        """A subscriber."""
        document = Documents(build_schema()._schema, Limits()).get(text)
        assert not document.errors, document.errors
        return await self.hub.subscribe(document.operation(), variables, resume_from=resume_from)

    async def query(self, text: str) -> Any:
        """The data of a query that holds nothing yet."""
        services = replace(self.services, tiers=type(self.services.tiers)())
        result = await build_schema().execute(text, context_value=Context.of(services))
        assert result.errors is None
        return result.data


@asynccontextmanager
async def _process(events: Events) -> AsyncIterator[Process]:
    process = await events.process()
    streams = await events.streams()
    services = Services(
        pool=events.pool,
        ingest=Ingest(events.pool),
        clock=lambda: NOON + (_BARS - 1) * _MINUTE + 10,
        max_bars=10_000,
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
        yield Process(hub, services)
    finally:
        await hub.close()


@pytest.fixture
async def bars(events: Events, pool: Pool) -> Bars:
    """Bars of M1, all but the last ten stored."""
    all_bars = spaced(_BARS, Interval.M1)
    await store(pool, await instrument(pool), Interval.M1, all_bars[: _BARS - 10])
    return all_bars


@pytest.fixture
async def acme(bars: Bars, pool: Pool) -> Instrument:
    """Whose bars they are."""
    return (await instruments_by_name(pool, ["ACME"]))["ACME"]


def _changed(bars: Bars, factor: float) -> Bars:
    """Bars that have traded on."""
    close = bars.close * factor
    return replace(
        bars,
        close=close,
        high=np.maximum(bars.high, close),
        low=np.minimum(bars.low, close),
        volume=bars.volume + 1,
    )


def _update(message: StreamMessage) -> Any:
    answer = read(message)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["candles"]


async def test_a_forming_bar_has_the_values_that_a_query_would_show(
    events: Events, pool: Pool, acme: Instrument, bars: Bars
) -> None:
    """To the last bit, all indicators: in the state, as it trades, as the next bar begins, and after a correction."""
    async with events.relaying(), _process(events) as process:
        one = await process.join(_WITH_INDICATORS)
        writes = []
        for step in [bars[at : at + 1] for at in range(_BARS - 10, _BARS)]:
            writes += [step, _changed(step, 1.01), _changed(step, 0.98)]
        writes += [_changed(bars[_BARS - 5 : _BARS - 4], 1.1), _changed(bars[5:6], 1.2)]
        update = _update(await anext(one))
        assert update["changedFrom"] is None
        for write in writes:
            (expected,) = (await process.query(_QUERY))["candles"]["bars"]
            assert update["bar"] == expected
            assert None not in (update["bar"]["rsi"], update["bar"]["obv"], update["bar"]["macd"]["signal"])
            await store(pool, acme, Interval.M1, write)
            update = _update(await anext(one))
            assert update["changedFrom"] == _moment(int(write.time[0]))
        (expected,) = (await process.query(_QUERY))["candles"]["bars"]
        assert update["bar"] == expected


def _moment(seconds: int) -> str:
    return f"{np.datetime64(seconds, 's')}Z"


async def test_a_bar_that_trades_is_not_read(events: Events, pool: Pool, acme: Instrument, bars: Bars) -> None:
    """Its event has it: what is held of the window stays, and only the bar is another."""
    async with events.relaying(), _process(events) as process:
        one = await process.join(_WITH_INDICATORS)
        await anext(one)
        newest = bars[_BARS - 11 : _BARS - 10]
        await store(pool, acme, Interval.M1, _changed(newest, 1.001))
        await anext(one)
        counts = process.services.tiers.counters
        loads = {noun: counts.of(noun).loads for noun in ("body", "newest")}
        for step in range(5):
            await store(pool, acme, Interval.M1, _changed(newest, 1.01 + step / 100))
            assert _update(await anext(one))["bar"]["close"] == newest.close[0] * (1.01 + step / 100)
        assert {noun: counts.of(noun).loads for noun in ("body", "newest")} == loads


async def test_a_bar_that_closes_is_in_what_comes_after_it(
    events: Events, pool: Pool, acme: Instrument, bars: Bars
) -> None:
    """However slowly a client reads; how many updates it has not seen is counted."""
    text = (
        'subscription { candles(symbol: "ACME") { bar { timestamp } series(last: 4) { columns { timestamp close } } } }'
    )
    async with events.relaying(), _process(events) as process:
        one = await process.join(text)
        await anext(one)
        for at in range(_BARS - 10, _BARS - 7):
            await store(pool, acme, Interval.M1, _changed(bars[at : at + 1], 1.05))
            await store(pool, acme, Interval.M1, bars[at : at + 1])
        witness = await process.join(_BAR)
        while read(await anext(witness))["data"]["candles"]["bar"]["close"] != bars.close[_BARS - 8]:
            pass
        heard, skipped = 0, 0
        update: Any = None
        while heard + skipped < 6:
            message = await anext(one)
            update = _update(message)
            heard, skipped = heard + 1, skipped + stream_of(message).get("skipped", 0)
        columns = update["series"]["columns"]
        assert columns["timestamp"] == bars.time[_BARS - 11 : _BARS - 7].tolist()
        assert columns["close"] == bars.close[_BARS - 11 : _BARS - 7].tolist()
        assert update["bar"]["timestamp"] == bars.time[_BARS - 8]
        assert heard + skipped == 6


async def test_rollups_are_streams_too(events: Events, pool: Pool, acme: Instrument, bars: Bars) -> None:
    """Bars that are derived change with those that they are derived from; a series of its own is another stream."""
    async with events.relaying(), _process(events) as process:
        five, minute = await process.join(_BAR, interval="M5"), await process.join(_BAR)
        for one in (five, minute):
            await anext(one)
        next_bar = bars[_BARS - 10 : _BARS - 9]
        await store(pool, acme, Interval.M1, next_bar)
        for one in (five, minute):
            assert _update(await anext(one))["bar"]["close"] == next_bar.close[0]


async def test_a_client_comes_back_and_hears_what_it_missed(
    events: Events, pool: Pool, acme: Instrument, bars: Bars
) -> None:
    """From the outbox; and the present bar where that is nothing."""
    async with events.relaying(), _process(events) as process:
        position = (await anext(await process.join(_BAR))).position
        again = await anext(await process.join(_BAR, position))
        assert _update(again)["bar"]["close"] == bars.close[_BARS - 11]
        assert stream_of(again) == {}
    for at in range(_BARS - 10, _BARS - 7):
        await store(pool, acme, Interval.M1, bars[at : at + 1])
    async with events.relaying(), _process(events) as process:
        message = await anext(await process.join(_BAR, position))
        assert _update(message)["bar"]["close"] == bars.close[_BARS - 8]
        assert stream_of(message) == {"skipped": 2}


async def test_a_state_that_is_ahead_of_the_process_is_read_past_what_it_holds(
    events: Events, pool: Pool, acme: Instrument, bars: Bars
) -> None:
    """Nobody relays: the process has not heard of what its snapshot counts, and would not hear of it again."""
    async with _process(events) as process:
        first = await process.join(_BAR)
        assert _update(await anext(first))["bar"]["close"] == bars.close[_BARS - 11]
        await first.aclose()
        await store(pool, acme, Interval.M1, bars[_BARS - 10 : _BARS - 9])
        later = await anext(await process.join(_BAR))
        assert _update(later)["bar"]["close"] == bars.close[_BARS - 10]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ('candles(symbol: "ZZZZ")', "no instrument ZZZZ"),
        ('candles(symbol: "ACME", interval: W1)', None),
        ('candles(symbol: "BARE")', "no M1 bars of BARE are stored; stored intervals: none"),
    ],
)
@pytest.mark.usefixtures("acme")
async def test_what_is_not_stored_is_refused(events: Events, pool: Pool, asked: str, message: str | None) -> None:
    """As a query refuses it; all longer intervals follow from minutes."""
    await instrument(pool, "BARE")
    async with _process(events) as process:
        text = f"subscription {{ {asked} {{ interval }} }}"
        if message is None:
            assert _update(await anext(await process.join(text))) == {"interval": "W1"}
        else:
            with pytest.raises(GraphQLError, match=message):
                await process.join(text)


@pytest.mark.usefixtures("acme")
async def test_a_window_of_a_stream_is_bounded(events: Events) -> None:
    """It is read and sent again with each change."""
    async with _process(events) as process:
        one = await process.join('subscription { candles(symbol: "ACME") { interval series(last: 1001) { count } } }')
        answer = read(await anext(one))
        assert answer["data"] == {"candles": {"interval": "M1", "series": None}}
        assert answer["errors"][0]["path"] == ["candles", "series"]
        assert answer["errors"][0]["extensions"]["code"] == "TOO_LARGE"
