"""Klines of an exchange that disconnects, repeats itself, corrects and refuses, all of them stored once and right."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.background import in_background
from gateway.feeds.binance import BinanceFeed
from gateway.feeds.binance_klines import Kline, bars_of
from gateway.feeds.binance_rest import BinanceHistory, ExchangeRefused
from gateway.feeds.files import FileOptions, read_prices
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.ingest import Ingest
from resolvers.model.bars import Bars
from resolvers.model.instrument import AssetClass, Source
from resolvers.model.interval import Interval
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.pool import Pool, connection
from resolvers.storage.quotes import latest_quotes
from resolvers.storage.series_states import series_states
from resolvers.storage.spans import Span, bars_of_spans
from tests.bars import NOON, instrument, spaced, store
from tests.following import eventually
from tests.gateway.feeds.exchange import Exchange, kline
from tests.gateway.feeds.market_sample import same

BTC, ETH = "BTCUSDT", "ETHUSDT"


class Pauses:
    """Sleeps that take no time, and are remembered."""

    def __init__(self) -> None:
        self.lengths: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Lets others have their turn."""
        self.lengths.append(seconds)
        await asyncio.sleep(0.01)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    """An exchange that lists two coins, an hour old."""
    async with Exchange() as exchange:
        exchange.history = {symbol: minutes(symbol, 60) for symbol in (BTC, ETH)}
        exchange.now = NOON + 3599
        yield exchange


@pytest.fixture
def pauses() -> Pauses:
    """Those of the feed."""
    return Pauses()


def minutes(symbol: str, count: int, *, first: int = 0) -> list[Kline]:
    """Klines of consecutive minutes."""
    return [kline(symbol, NOON + 60 * at, 100 + at % 7 + at / 100) for at in range(first, first + count)]


def feed_of(
    pool: Pool, exchange: Exchange, pauses: Pauses, *symbols: str, page_size: int = 1000, since: int | None = None
) -> BinanceFeed:
    """A feed of minutes that pauses without jitter."""
    return BinanceFeed(
        pool,
        Ingest(pool),
        BinanceHistory(f"http://{exchange.host}", page_size=page_size),
        stream_url=f"ws://{exchange.host}",
        symbols=symbols or (BTC, ETH),
        interval=exchange.interval,
        since=since,
        clock=exchange.clock,
        sleep=pauses.sleep,
        jitter=lambda: 0.5,
    )


@asynccontextmanager
async def following(pool: Pool, exchange: Exchange, pauses: Pauses, *symbols: str) -> AsyncIterator[None]:
    """A feed at work, which has filled in what there was."""
    async with in_background(feed_of(pool, exchange, pauses, *symbols).run()):
        for symbol in symbols or (BTC, ETH):
            await until_same(pool, exchange, symbol)
        yield


async def stored(pool: Pool, symbol: str, interval: Interval = Interval.M1) -> Bars:
    """All stored bars of a series."""
    found = await instruments_by_name(pool, [symbol])
    if symbol not in found:
        return Bars.empty()
    async with connection(pool) as one:
        return (await bars_of_spans(one, interval, [Span(instrument_id=found[symbol].id, start=0, end=2**31)]))[0]


async def until_same(pool: Pool, exchange: Exchange, symbol: str, klines: Sequence[Kline] | None = None) -> None:
    """Returns when exactly *klines*, or the history of the exchange, are stored."""
    expected = bars_of(exchange.history[symbol] if klines is None else klines)

    async def is_there() -> bool:
        return same(await stored(pool, symbol), expected)

    await eventually(is_there)


async def revision(pool: Pool, symbol: str) -> int:
    """Of the minutes."""
    id_ = (await instruments_by_name(pool, [symbol]))[symbol].id
    async with connection(pool) as one:
        return (await series_states(one, Interval.M1, {id_}))[id_].revision


async def test_a_new_symbol_is_made_and_filled_in(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """Coins that trade around the clock, with their history, the longer bars and a quote, all from the feed."""
    async with following(pool, exchange, pauses):
        found = await instruments_by_name(pool, ["BTC/USDT"])
        spec = found["BTC/USDT"].spec
        assert (spec.symbol, spec.asset_class, spec.currency, spec.tick_size) == (BTC, AssetClass.CRYPTO, "USDT", 0.01)
        assert (spec.sessions.timezone, spec.sessions.roll_minutes, spec.is_simulated) == ("UTC", 0, False)
        assert len(await stored(pool, BTC, Interval.H1)) == 1
        quote = (await latest_quotes(pool, [found["BTC/USDT"].id]))[found["BTC/USDT"].id]
        assert (quote.price, quote.source) == (exchange.history[BTC][-1].close, Source.FEED)
    assert exchange.streams == ["btcusdt@kline_1m/ethusdt@kline_1m"]


async def test_forming_bars_are_stored_as_they_change(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """Until the closed one, which stays: a forming frame that comes late changes nothing."""
    async with following(pool, exchange, pauses, BTC):
        start = NOON + 3600
        for second, close in enumerate((101.0, 103.0)):
            await exchange.push(kline(BTC, start, close, is_closed=False, told=second + 1))
            await until_same(pool, exchange, BTC, [*exchange.history[BTC], kline(BTC, start, close)])
        closed, late = kline(BTC, start, 102.0, told=4), kline(BTC, start, 109.0, is_closed=False, told=3)
        following_one = kline(BTC, start + 60, 105.0, is_closed=False, told=5)
        older = kline(BTC, start + 60, 104.0, is_closed=False, told=4)
        await exchange.push(closed, late, following_one, older)
        await until_same(pool, exchange, BTC, [*exchange.history[BTC], closed, following_one])


@pytest.mark.parametrize("breaks", ["after 24 hours", "without a word", "by announcement"])
async def test_a_gap_is_filled_in_exactly(pool: Pool, exchange: Exchange, pauses: Pauses, breaks: str) -> None:
    """What happened while nobody listened, the end of the bar that was forming included."""
    async with following(pool, exchange, pauses):
        forming = kline(BTC, NOON + 3600, 101.0, is_closed=False, told=1)
        await exchange.push(forming)
        await until_same(pool, exchange, BTC, [*exchange.history[BTC], forming])
        for symbol in (BTC, ETH):
            exchange.history[symbol] += minutes(symbol, 45, first=60)
        if breaks == "without a word":
            exchange.cut()
        elif breaks == "by announcement":
            await exchange.send('{"stream":"x","data":{"e":"serverShutdown","E":1}}')
        else:
            await exchange.end()
        for symbol in (BTC, ETH):
            await until_same(pool, exchange, symbol)
    assert pauses.lengths
    assert pauses.lengths[0] == 1.0
    assert len(exchange.streams) >= 2


async def test_frames_that_were_lost_are_filled_in_on_the_way(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """The connection stands, but minutes are missing in it."""
    async with following(pool, exchange, pauses, BTC):
        exchange.history[BTC] += minutes(BTC, 5, first=60)
        await exchange.push(kline(BTC, NOON + 60 * 65, 101.0, is_closed=False, told=1))
        await until_same(pool, exchange, BTC, [*exchange.history[BTC], kline(BTC, NOON + 60 * 65, 101.0)])
    assert len(exchange.streams) == 1


async def test_a_hole_of_the_exchange_itself_is_asked_for_once(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """It did not trade: there is nothing to fill in, and the stream goes on."""
    async with following(pool, exchange, pauses, BTC):
        asked = len(exchange.asked)
        forming = [kline(BTC, NOON + 60 * 80, 101.0, is_closed=False, told=told) for told in (1, 2)]
        after = [kline(BTC, NOON + 60 * at, 101.0, told=at) for at in (80, 81, 82)]
        await exchange.push(*forming, *after)
        await until_same(pool, exchange, BTC, [*exchange.history[BTC], *after])
    assert len(exchange.asked) == asked + 1


async def test_duplicates_change_nothing(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """No revision moves, so nobody hears of them."""
    async with following(pool, exchange, pauses, BTC):
        closed = minutes(BTC, 1, first=60)
        exchange.history[BTC] += closed
        await exchange.push(*closed)
        await until_same(pool, exchange, BTC)
        before = await revision(pool, BTC)
        await exchange.push(*closed, *exchange.history[BTC][-3:])
        after = kline(BTC, NOON + 60 * 61, 101.0, told=9)
        await exchange.push(after)
        await until_same(pool, exchange, BTC, [*exchange.history[BTC], after])
        assert await revision(pool, BTC) == before + 1


async def test_a_late_correction_corrects(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """The minute and the hour that follows from it."""
    async with following(pool, exchange, pauses, BTC):
        corrected = replace(exchange.history[BTC][30], high=180.0)
        exchange.history[BTC][30] = corrected
        await exchange.push(corrected)
        await until_same(pool, exchange, BTC)
        assert (await stored(pool, BTC, Interval.H1)).high.tolist() == [180.0]


async def test_history_comes_in_pages(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """From where one was asked to begin; the second start reads the newest bar again and nothing else."""
    for more in (0, 1):
        exchange.history[BTC] += minutes(BTC, more, first=60)
        async with in_background(feed_of(pool, exchange, pauses, BTC, page_size=16, since=NOON).run()):
            await until_same(pool, exchange, BTC)
            await exchange.joined()
        exchange.cut()
    starts = [int(asked["startTime"]) // 1000 - NOON for endpoint, asked in exchange.asked if endpoint == "klines"]
    assert starts == [0, 15 * 60 + 1, 31 * 60 + 1, 47 * 60 + 1, 59 * 60]


async def test_an_earlier_beginning_is_filled_in(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """A series that is there already is completed to where one asks it to begin."""
    whole = exchange.history[BTC]
    exchange.history[BTC] = whole[40:]
    async with following(pool, exchange, pauses, BTC):
        pass
    exchange.history[BTC] = whole
    async with in_background(feed_of(pool, exchange, pauses, BTC, since=NOON - 86_400).run()):
        await until_same(pool, exchange, BTC)


async def test_unknown_frames_are_ignored_with_one_line(
    pool: Pool, exchange: Exchange, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever they are; the klines around them are stored, and pings are answered."""
    with caplog.at_level(logging.WARNING, "gateway.binance"):
        async with following(pool, exchange, pauses, BTC):
            await exchange.joined()
            for _ in range(3):
                for text in ("{", "5", "[]", '{"result":null,"id":1}', '{"stream":"x","data":{"e":"trade"}}'):
                    await exchange.send(text)
                await exchange.send('{"stream":"x","data":{"e":"kline","k":{"i":"1m"}}}')
                await exchange.push(kline("DOGEUSDT", NOON, 101.0))
                await exchange.push(replace(kline(BTC, NOON + 3600, 101.0), high=1.0))
            await exchange.ping()
            good = kline(BTC, NOON + 3600, 102.0)
            await exchange.push(good)
            await until_same(pool, exchange, BTC, [*exchange.history[BTC], good])
    lines = [record.message for record in caplog.records]
    assert len(lines) == len(set(lines)) == 7
    assert len([line for line in lines if "high must" in line]) == 1


@pytest.mark.parametrize("status", [418, 429])
@pytest.mark.parametrize("where", ["history", "stream"])
async def test_an_exchange_that_asks_for_patience_gets_it(
    pool: Pool, exchange: Exchange, pauses: Pauses, caplog: pytest.LogCaptureFixture, status: int, where: str
) -> None:
    """As long as it says, and it is told."""
    refusals = exchange.refusals if where == "history" else exchange.refused_streams
    refusals.append((status, {"Retry-After": "37"}))
    async with following(pool, exchange, pauses):
        pass
    assert pauses.lengths[0] == 37.5
    assert f"({status}); it is asked again in 37 s" in caplog.text


async def test_failures_are_met_with_longer_pauses(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """Doubled each time up to a minute, until a kline has come."""
    exchange.refusals += [(503, {})] * 8
    async with following(pool, exchange, pauses, BTC):
        assert pauses.lengths == [1, 2, 4, 8, 16, 32, 60, 60]
        good = kline(BTC, NOON + 3600, 102.0)
        await exchange.push(good)
        await until_same(pool, exchange, BTC, [*exchange.history[BTC], good])
        exchange.cut()

        async def has_returned() -> bool:
            return len(pauses.lengths) > 8

        await eventually(has_returned)
        assert pauses.lengths[8] == 1


async def test_what_will_not_get_better_ends_the_feed(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """A symbol that is none, a place that is not served, and a series of another source."""
    with pytest.raises(NotFound, match="Binance knows no symbol NOPEUSDT"):
        await feed_of(pool, exchange, pauses, BTC, "NOPEUSDT").run()
    for refusals in (exchange.refusals, exchange.refused_streams):
        refusals.append((451, {}))
        with pytest.raises(ExchangeRefused, match=r"451.*does not serve this place"):
            await feed_of(pool, exchange, pauses, BTC).run()
    await store(pool, await instrument(pool, "OLD"), Interval.M1, spaced(3, Interval.M1))
    exchange.history["OLD"] = minutes("OLD", 3)
    with pytest.raises(Conflict, match="OLD M1 holds bars from FILE"):
        await feed_of(pool, exchange, pauses, "OLD").run()
    assert pauses.lengths == []


async def test_an_exchange_that_is_not_there_is_tried_again(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """Nobody listens: a pause, and no end."""
    feed = BinanceFeed(
        pool,
        Ingest(pool),
        BinanceHistory("http://127.0.0.1:1"),
        stream_url="ws://127.0.0.1:1",
        symbols=[BTC],
        interval=Interval.M1,
        sleep=pauses.sleep,
    )
    async with in_background(feed.run()):

        async def has_tried() -> bool:
            return len(pauses.lengths) > 2

        await eventually(has_tried)


def test_what_was_asked_for_must_make_sense(pool: Pool, exchange: Exchange, pauses: Pauses) -> None:
    """Some symbols, not more than a connection takes, and URLs that are some."""
    with pytest.raises(BadInput, match="1 to 1,024 symbols on a connection, was 0"):
        feed_of(pool, exchange, pauses, " ")
    with pytest.raises(BadInput, match="was 1025"):
        feed_of(pool, exchange, pauses, *(f"C{number}" for number in range(1025)))
    with pytest.raises(BadInput, match="must begin with https"):
        BinanceHistory("ftp://host")


async def test_real_days(pool: Pool, pauses: Pauses, real_prices: Path) -> None:
    """Bitcoin's days: most by history, a gap while disconnected, the rest by the stream; all are as in the file."""
    options = FileOptions(symbol=BTC, interval=Interval.D1)
    bars = read_prices(real_prices / "btc-daily.csv", options).series[BTC]
    columns = (bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    names = ("time", "open", "high", "low", "close", "volume")
    days = [
        Kline(symbol=BTC, **dict(zip(names, row, strict=True)))
        for row in zip(*(column.tolist() for column in columns), strict=True)
    ]
    async with Exchange(Interval.D1) as exchange:
        exchange.history = {BTC: days[:1100]}
        exchange.now = days[-1].time
        async with in_background(feed_of(pool, exchange, pauses, BTC, since=days[0].time).run()):

            async def has(count: int) -> bool:
                return same(await stored(pool, BTC, Interval.D1), bars[:count])

            await eventually(lambda: has(1100))
            await exchange.joined()
            exchange.history[BTC] = days[:1200]
            exchange.cut()
            await eventually(lambda: has(1200))
            exchange.history[BTC] = days
            await exchange.joined()
            await exchange.push(*days[1200:])
            await eventually(lambda: has(len(days)))
