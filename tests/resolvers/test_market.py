"""Instruments, quotes and windows as a query asks for them."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from resolvers import market
from resolvers.errors import BadInput, GatewayError, NotFound, TooLarge
from resolvers.ingest import Ingest
from resolvers.loaders import Loaders
from resolvers.market import CandleWindow
from resolvers.model.instrument import Instrument, InstrumentSpec
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, SessionCalendar
from resolvers.model.window import Reach
from resolvers.services import Services
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.pool import Pool
from tests.bars import LATER, instrument, spaced, store, walk


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _loaders(pool: Pool, *, now: float = LATER, max_bars: int = 1000, grace: float = 0.0) -> Loaders:
    return Loaders(
        Services(
            pool=pool,
            ingest=Ingest(pool),
            clock=lambda: now,
            max_bars=max_bars,
            bar_grace_seconds=grace,
            quote_stale_seconds=60.0,
        )
    )


async def _candles(
    loaders: Loaders,
    one: Instrument,
    interval: Interval = Interval.D1,
    *,
    last: int | None = None,
    start: int | None = None,
    end: int | None = None,
) -> CandleWindow:
    return await market.candles(loaders, one, interval, last=last, start=start, end=end, reach=Reach())


async def test_an_instrument_is_found_in_any_case_and_by_alias(pool: Pool) -> None:
    """With blanks around it; what is unknown is named, shortened."""
    made = await create_instruments(pool, [InstrumentSpec(symbol="BRK.B", aliases=("BRK-B",))])
    loaders = _loaders(pool)
    for symbol in ("BRK.B", " brk.b ", "Brk-b"):
        assert await market.instrument(loaders, symbol) == made["BRK.B"]
    with pytest.raises(NotFound, match=r"no instrument ZZZZ$"):
        await market.instrument(loaders, "zzzz")
    with pytest.raises(NotFound, match=r"^no instrument X{40}$"):
        await market.instrument(loaders, "x" * 5000)


async def test_quotes_come_in_the_order_asked_for_with_errors_in_their_places(pool: Pool) -> None:
    """Known, unknown, without a quote, and the same one twice by two names."""
    made = await create_instruments(
        pool, [InstrumentSpec(symbol="ACME", aliases=("AC",)), InstrumentSpec(symbol="NADIR")]
    )
    await store(pool, made["ACME"], Interval.D1, spaced(2, Interval.D1))
    found = await market.quotes(_loaders(pool), ["acme", "zzzz", "NADIR", "AC", "A\0"])
    told = [str(one) if isinstance(one, GatewayError) else one[0].symbol for one in found]
    assert told == ["ACME", "no instrument ZZZZ", "no quote of NADIR is stored", "ACME", "no instrument 'A\\x00'"]
    assert await market.quotes(_loaders(pool), []) == []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"last": 0}, BadInput, "last must be at least 1, was 0"),
        ({"last": 11}, TooLarge, "a window holds at most 10 bars, last was 11"),
        (
            {"start": DAY, "end": DAY},
            BadInput,
            "from must be before to, were 1970-01-02T00:00:00Z and 1970-01-02T00:00:00Z",
        ),
        ({"start": 0}, TooLarge, "a window holds at most 10 bars, the range from 1970-01-01T00:00:00Z holds more"),
    ],
)
async def test_a_window_that_cannot_be_says_why(
    pool: Pool, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    """What was expected, and what was found."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, spaced(20, Interval.D1))
    with pytest.raises(error) as raised:
        await _candles(_loaders(pool, max_bars=10), acme, **arguments)
    assert str(raised.value) == message


async def test_an_interval_that_is_not_stored_names_those_that_are(pool: Pool) -> None:
    """And says none where there is none."""
    acme, nadir = await instrument(pool), await instrument(pool, "NADIR")
    await store(pool, acme, Interval.H4, spaced(2, Interval.H4))
    with pytest.raises(NotFound, match=r"no M1 bars of ACME are stored; stored intervals: H4$"):
        await _candles(_loaders(pool), acme, Interval.M1)
    with pytest.raises(NotFound, match="no D1 bars of NADIR are stored; stored intervals: none"):
        await _candles(_loaders(pool), nadir)


async def test_a_window_is_the_last_200_bars_unless_told_otherwise(pool: Pool) -> None:
    """Fewer where the limit is lower; exactly the limit is allowed."""
    acme = await instrument(pool)
    bars = spaced(250, Interval.D1)
    await store(pool, acme, Interval.D1, bars)
    np.testing.assert_array_equal((await _candles(_loaders(pool), acme)).bars.time, bars.time[-200:])
    assert len((await _candles(_loaders(pool, max_bars=7), acme)).bars) == 7
    assert len((await _candles(_loaders(pool, max_bars=250), acme, start=0)).bars) == 250
    np.testing.assert_array_equal(
        (await _candles(_loaders(pool), acme, end=int(bars.time[240]))).bars.time, bars.time[40:240]
    )


@pytest.mark.parametrize(
    ("interval", "now", "closed"),
    [
        (Interval.H1, "2024-07-05T21:59:59", [True, True, False]),
        (Interval.H1, "2024-07-05T22:00:00", [True, True, True]),
        (Interval.D1, "2024-07-05T20:59:59", [True, False]),
        (Interval.D1, "2024-07-05T21:00:00", [True, True]),
        (Interval.W1, "2024-07-07T20:59:59", [False]),
        (Interval.W1, "2024-07-07T21:00:00", [True]),
    ],
)
async def test_a_bar_is_closed_when_its_end_has_passed(
    pool: Pool, interval: Interval, now: str, closed: list[bool]
) -> None:
    """Sessions and weeks of currencies end at 17:00 in New York."""
    fx = await instrument(pool, "EURUSD", sessions=SessionCalendar(timezone="America/New_York", roll_minutes=420))
    first = {Interval.H1: "2024-07-05T19:00", Interval.D1: "2024-07-04", Interval.W1: "2024-07-01"}[interval]
    bars = walk(_at(first) + np.arange(len(closed)) * interval.seconds)
    await store(pool, fx, interval, bars)
    window = await _candles(_loaders(pool, now=_at(now)), fx, interval)
    assert window.is_closed().tolist() == closed
    ends = {Interval.H1: "2024-07-05T22:00", Interval.D1: "2024-07-05T21:00", Interval.W1: "2024-07-07T21:00"}
    as_of = window.as_of()
    assert as_of is not None
    assert as_of.timestamp() == min(_at(ends[interval]), _at(now))
    graced = await _candles(_loaders(pool, now=_at(now), grace=3600.0), fx, interval)
    assert not graced.is_closed()[-1]


async def test_an_empty_window_is_as_of_nothing(pool: Pool) -> None:
    """It has no bar that could have ended."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, spaced(3, Interval.D1))
    window = await _candles(_loaders(pool), acme, start=0, end=1)
    assert (window.as_of(), len(window.is_closed())) == (None, 0)


@pytest.mark.parametrize(
    ("interval", "first", "fresh_until"),
    [
        (Interval.M1, "2024-01-05T12:00", "2024-01-05T12:04"),
        (Interval.D1, "2024-01-05", "2024-01-09"),  # from Friday over the weekend to the end of Monday
        (Interval.W1, "2024-01-01", "2024-01-11"),
    ],
)
async def test_a_series_is_stale_some_intervals_after_its_newest_bar(
    pool: Pool, interval: Interval, first: str, fresh_until: str
) -> None:
    """Whatever part of it the window shows."""
    acme = await instrument(pool)
    await store(pool, acme, interval, walk([_at(first)]))
    for late, stale in ((0, False), (1, True)):
        window = await _candles(_loaders(pool, now=_at(fresh_until) + late), acme, interval, start=0, end=1)
        assert window.is_stale() is stale
