"""Processes that write and processes that hear of it."""

import signal
from pathlib import Path
from typing import Any

from gateway.config import ServerUrls
from resolvers.model.event import EventKind
from resolvers.model.interval import Interval
from resolvers.storage.outbox import stored_position
from resolvers.storage.revisions import origin_of
from tests.bars import instrument, spaced, store
from tests.following import Events
from tests.processes import Serving, environment, run
from tests.servers import PATIENT, RunningGateway

_PRICES = "date,open,high,low,close,volume\n2024-01-08,1,2,1,2,10\n2024-01-09,2,3,2,3,10\n"


async def _in_stream(events: Events) -> list[int]:
    key = f"events:{await origin_of(events.pool)}:candles"
    async with events.redis.client() as client:
        entries: Any = await client.xrange(key)
    return [int(id_.partition(b"-")[0]) for id_, _ in entries]


async def test_what_was_committed_without_a_relay_arrives_once(events: Events, tmp_path: Path) -> None:
    """An import ends between its commit and the append; the next gateway appends it, also if it is killed again."""
    (tmp_path / "ACME.csv").write_text(_PRICES)
    variables = environment(tmp_path, database_url=events.urls.database, redis_url=events.redis.url)
    process = await events.process()
    assert run(variables, "import", "ACME.csv", "--symbol", "ACME").returncode == 0
    assert await _in_stream(events) == []
    with Serving(variables, "serve") as serving:
        await process.heard.until_number(2)
        assert serving.end(signal.SIGKILL) == -signal.SIGKILL
    with Serving(variables, "serve"):
        assert run(variables, "import", "ACME.csv", "--symbol", "NADIR").returncode == 0
        await process.heard.until_number(4)
    assert process.heard.numbers() == [1, 2, 3, 4]
    assert await _in_stream(events) == [1, 2, 3, 4]
    assert process.heard.numbers(EventKind.INSTRUMENTS) == [1, 2]
    # The import knows of the Redis, so its quotes were told as well.
    assert process.heard.numbers(EventKind.QUOTES) == [1, 2]
    await process.assert_up_to_date()


async def test_what_a_killed_gateway_had_acknowledged_arrives_once(events: Events, tmp_path: Path) -> None:
    """It is killed between its commit and the append, which Redis did not take; the next gateway makes up for it."""
    await instrument(events.pool)
    variables = environment(tmp_path, database_url=events.urls.database, redis_url=events.redis.url)
    process = await events.process()
    publish = (
        'mutation ($bar: PublishedBar!) { publishCandles(input: {items: {symbol: "ACME", interval: W1, bars: [$bar]}})'
        " { stored } }"
    )
    bar = {"time": "2024-01-08T00:00:00Z", "open": 1, "high": 1, "low": 1, "close": 1}
    with Serving(variables, "serve") as serving:
        events.redis.stop()
        assert serving.data(publish, bar=bar) == {"publishCandles": {"stored": 1}}
        assert serving.end(signal.SIGKILL) == -signal.SIGKILL
    await events.redis.start()
    with Serving(variables, "serve") as serving:
        again = serving.data('{ candles(symbol: "ACME", interval: W1) { bars { close } } }')
        assert again == {"candles": {"bars": [{"close": 1}]}}
        assert serving.data(publish, bar=bar | {"close": 2, "high": 2}) == {"publishCandles": {"stored": 1}}
        await process.heard.until_number(2)
        assert await _in_stream(events) == [1, 2]
    assert process.heard.numbers() == [1, 2]
    process.assert_no_silent_hole()


async def test_a_gateway_starts_and_serves_without_redis(events: Events) -> None:
    """It answers, stores what is published, and follows the outbox."""
    events.redis.stop()
    await store(events.pool, await instrument(events.pool), Interval.D1, spaced(3, Interval.D1))
    urls = ServerUrls(database=events.urls.database, redis=events.redis.url)
    async with RunningGateway(PATIENT, urls) as gateway:
        item = {"symbol": "ACME", "price": 7, "asOf": "2024-06-01T00:00:00Z"}
        data = await gateway.data(
            "mutation ($items: [PublishedQuote!]!) { publishQuotes(input: {items: $items}) { stored } }", items=[item]
        )
        assert data == {"publishQuotes": {"stored": 1}}
        assert (await gateway.data('{ quotes(symbols: ["ACME"]) { price } }'))["quotes"] == [{"price": 7}]
        assert (await gateway.client.get("/readyz")).status_code == 503


async def test_what_one_gateway_takes_another_hears(events: Events) -> None:
    """Two of them on one database and one Redis."""
    await instrument(events.pool)
    urls = ServerUrls(database=events.urls.database, redis=events.redis.url)
    process = await events.process()
    async with RunningGateway(PATIENT, urls) as one, RunningGateway(PATIENT, urls) as other:
        for number, gateway in enumerate((one, other, one, other), 1):
            bar = {"time": f"2024-01-{7 * number + 1:02d}T00:00:00Z", "open": 1, "high": 1, "low": 1, "close": 1}
            await gateway.data(
                "mutation ($bar: PublishedBar!) { publishCandles(input:"
                ' {items: {symbol: "ACME", interval: W1, bars: [$bar]}}) { stored } }',
                bar=bar,
            )
            await process.heard.until_number(number)
            await process.heard.until_number(number, EventKind.QUOTES)
    assert process.heard.numbers() == [1, 2, 3, 4]
    assert process.heard.numbers(EventKind.QUOTES) == [1, 2, 3, 4]
    assert process.reader.has_reached(await stored_position(events.pool))
