"""Quotes that bars give: the newest price, and the days that it is compared with."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from resolvers.model.instrument import Instrument, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.session import SessionCalendar
from resolvers.storage.bars import SeriesWrite, store_bars
from resolvers.storage.pool import Pool
from resolvers.storage.quotes import latest_quotes, store_quotes
from tests.bars import LATER, instrument
from tests.resolvers.storage.rollup_oracle import Bar
from tests.resolvers.storage.tables import columns


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _at(text: str) -> int:
    return int(_moment(text).timestamp())


def _bars(prices: Mapping[str, float], *, volume: float = 10.0) -> dict[int, Bar]:
    return {_at(text): (price, price, price, price, volume) for text, price in prices.items()}


async def _stored(
    pool: Pool, one: Instrument, interval: Interval, bars: Mapping[int, Bar], *, now: int = LATER
) -> Quote:
    write = SeriesWrite(instrument=one, interval=interval, source=Source.FILE, bars=columns(bars))
    await store_bars(pool, [write], now=now)
    return (await latest_quotes(pool, [one.id]))[one.id]


def _told(quote: Quote) -> tuple[float, float | None, float | None, datetime]:
    return quote.price, quote.previous_close, quote.volume, quote.as_of


async def test_the_newest_day_is_quoted_at_its_end(pool: Pool) -> None:
    """With the close of the day before, also over a weekend, and the volume of the day."""
    bars = _bars({"2024-01-05": 5, "2024-01-08": 6})
    quote = await _stored(pool, await instrument(pool), Interval.D1, bars)
    assert _told(quote) == (6, 5, 10, _moment("2024-01-09"))
    assert (quote.source, quote.bid, quote.ask) == (Source.FILE, None, None)


async def test_a_day_ends_where_its_zone_says(pool: Pool) -> None:
    """At 17:00 in New York for currencies, in summer at 21:00 UTC."""
    fx = await instrument(pool, "EURUSD", sessions=SessionCalendar(timezone="America/New_York", roll_minutes=420))
    assert (await _stored(pool, fx, Interval.D1, _bars({"2024-07-05": 5}))).as_of == _moment("2024-07-05T21:00")


async def test_minutes_are_compared_with_the_session_before_and_sum_their_own(pool: Pool) -> None:
    """The minute of 21:00 in summer is the first of the next session."""
    fx = await instrument(pool, "EURUSD", sessions=SessionCalendar(timezone="America/New_York", roll_minutes=420))
    minutes = _bars({"2024-07-04T20:58": 3, "2024-07-04T20:59": 4, "2024-07-04T21:00": 5, "2024-07-05T20:59": 6})
    quote = await _stored(pool, fx, Interval.M1, minutes)
    assert _told(quote) == (6, 4, 20, _moment("2024-07-05T21:00"))


async def test_a_forming_bar_is_as_of_now(pool: Pool) -> None:
    """And as of its end once that has passed."""
    acme, now = await instrument(pool), _at("2024-01-08T12:34:56")
    forming = await _stored(pool, acme, Interval.H1, _bars({"2024-01-08T12:00": 5}), now=now)
    assert _told(forming) == (5, None, 10, _moment("2024-01-08T12:34:56"))
    closed = await _stored(pool, acme, Interval.H1, _bars({"2024-01-08T12:00": 6}))
    assert _told(closed) == (6, None, 10, _moment("2024-01-08T13:00"))


async def test_older_bars_leave_a_newer_quote(pool: Pool) -> None:
    """An import of last year's days is no news."""
    acme = await instrument(pool)
    quote = await _stored(pool, acme, Interval.H1, _bars({"2024-01-08T12:00": 5}))
    assert await _stored(pool, acme, Interval.D1, _bars({"2023-01-05": 7}, volume=3.0)) == replace(
        quote, previous_close=7
    )


async def test_a_corrected_last_bar_corrects_the_price(pool: Pool) -> None:
    """As of the same moment."""
    acme = await instrument(pool)
    await _stored(pool, acme, Interval.D1, _bars({"2024-01-05": 5, "2024-01-08": 6}))
    quote = await _stored(pool, acme, Interval.D1, _bars({"2024-01-08": 7}))
    assert _told(quote) == (7, 5, 10, _moment("2024-01-09"))


async def test_a_corrected_day_before_corrects_the_previous_close(pool: Pool) -> None:
    """Though the price is as it was; and so does one that was missing."""
    acme = await instrument(pool)
    await _stored(pool, acme, Interval.D1, _bars({"2024-01-05": 5, "2024-01-09": 6}))
    quote = await _stored(pool, acme, Interval.D1, _bars({"2024-01-05": 4}))
    assert _told(quote) == (6, 4, 10, _moment("2024-01-10"))
    quote = await _stored(pool, acme, Interval.D1, _bars({"2024-01-08": 3}))
    assert _told(quote) == (6, 3, 10, _moment("2024-01-10"))


async def test_a_late_minute_counts_in_the_volume_of_the_session(pool: Pool) -> None:
    """And a corrected volume of the day does."""
    acme = await instrument(pool)
    await _stored(pool, acme, Interval.M1, _bars({"2024-01-08T12:00": 5, "2024-01-08T12:05": 6}))
    quote = await _stored(pool, acme, Interval.M1, _bars({"2024-01-08T12:01": 5}))
    assert _told(quote) == (6, None, 30, _moment("2024-01-08T12:06"))
    quote = await _stored(pool, acme, Interval.M1, _bars({"2024-01-08T12:05": 6}, volume=1.0))
    assert _told(quote) == (6, None, 21, _moment("2024-01-08T12:06"))


async def test_an_unknown_volume_is_none(pool: Pool) -> None:
    """Not zero, and not what was known of the session before."""
    bars = _bars({"2024-01-05": 5}) | _bars({"2024-01-08": 6}, volume=float("nan"))
    assert (await _stored(pool, await instrument(pool), Interval.D1, bars)).volume is None


@pytest.mark.parametrize("first", [Interval.D1, Interval.W1])
async def test_a_week_is_compared_with_the_day_before_its_last(pool: Pool, first: Interval) -> None:
    """Its price is that of Friday, so the previous close is Thursday's, whichever was stored first."""
    acme = await instrument(pool)
    days = _bars({"2024-01-04": 4, "2024-01-05": 5})
    weeks = _bars({"2023-12-25": 2, "2024-01-01": 5}, volume=99.0)
    calls = [(Interval.D1, days), (Interval.W1, weeks)]
    for interval, bars in calls if first is Interval.D1 else reversed(calls):
        quote = await _stored(pool, acme, interval, bars)
    assert _told(quote) == (5, 4, 10, _moment("2024-01-08"))


async def test_weeks_alone_are_quoted_too(pool: Pool) -> None:
    """Without days there is nothing to compare with."""
    quote = await _stored(pool, await instrument(pool), Interval.W1, _bars({"2023-12-25": 2, "2024-01-01": 5}))
    assert _told(quote) == (5, None, None, _moment("2024-01-08"))


@pytest.mark.parametrize("is_reversed", [False, True])
async def test_of_bars_that_end_together_the_shortest_speaks(pool: Pool, is_reversed: bool) -> None:
    """Stored in one call, in any order, as the simulated market does."""
    acme = await instrument(pool)
    writes = [
        SeriesWrite(instrument=acme, interval=interval, source=Source.FILE, bars=columns(bars))
        for interval, bars in (
            (Interval.M1, _bars({"2024-01-08T12:59": 5})),
            (Interval.H1, _bars({"2024-01-08T12:00": 6})),
        )
    ]
    await store_bars(pool, writes[::-1] if is_reversed else writes, now=LATER)
    assert (await latest_quotes(pool, [acme.id]))[acme.id].price == 5


async def test_a_quote_of_a_feed_stays_until_a_newer_bar(pool: Pool) -> None:
    """It has a bid and an ask, which a bar does not."""
    acme = await instrument(pool)
    await _stored(pool, acme, Interval.D1, _bars({"2024-01-05": 5}))
    given = Quote(
        instrument_id=acme.id, price=6.5, bid=6, ask=7, as_of=_moment("2024-01-08T12:30:00.250"), source=Source.FEED
    )
    await store_quotes(pool, [given])
    late = await _stored(pool, acme, Interval.H1, _bars({"2024-01-08T11:00": 9}))
    assert late == replace(given, previous_close=5, volume=10)
    newer = await _stored(pool, acme, Interval.H1, _bars({"2024-01-08T12:00": 8}))
    assert _told(newer) == (8, 5, 20, _moment("2024-01-08T13:00"))
    assert (newer.bid, newer.ask, newer.source) == (None, None, Source.FILE)


async def test_the_same_bars_again_are_no_news(pool: Pool) -> None:
    """A forming bar that is imported once more does not make its price look fresh."""
    acme, bars = await instrument(pool), _bars({"2024-01-08": 5})
    quote = await _stored(pool, acme, Interval.D1, bars, now=_at("2024-01-08T12:00"))
    assert await _stored(pool, acme, Interval.D1, bars, now=_at("2024-01-08T15:00")) == quote


async def test_a_bar_that_has_not_begun_is_not_quoted(pool: Pool) -> None:
    """A file may hold a year that was mistyped; the newest bar that has begun speaks."""
    acme = await instrument(pool)
    bars = _bars({"2024-01-05": 5, "2034-01-05": 77})
    assert _told(await _stored(pool, acme, Interval.D1, bars, now=_at("2024-01-08T12:00")))[0] == 5
