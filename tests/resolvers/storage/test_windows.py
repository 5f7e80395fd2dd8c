"""Windows are slices of what is stored, whatever else is asked for in the same statement."""

import asyncio
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import ServerUrls
from resolvers.model.bars import Bars
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.session import DAY
from resolvers.model.window import Reach, StoredWindow, WindowRequest
from resolvers.storage.newest_bars import newest_bars
from resolvers.storage.pool import Pool
from resolvers.storage.windows import month_start, read_windows, stored_windows
from tests.bars import instrument, spaced, store, walk
from tests.resolvers.storage.gates import blocked, held

_LIMIT_SECONDS = 20
_COLUMNS = ("time", "open", "high", "low", "close", "volume")


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


# Days over a change of year, minutes over a change of month and of year, with holes.
_FIRST = {Interval.D1: _at("2023-11-20"), Interval.M5: _at("2023-12-31T14:00")}


def _series(interval: Interval, seed: int) -> Bars:
    present = np.random.default_rng(seed).random(160) < 0.8
    return walk(_FIRST[interval] + np.flatnonzero(present) * interval.seconds, seed=seed)


STORED = {(number, interval): _series(interval, seed=number) for number in (1, 2) for interval in _FIRST}


def _assert_is(window: StoredWindow, bars: Bars) -> None:
    """The window shows these bars, to the last bit."""
    shown = window.bars[window.offset :]
    for name in _COLUMNS:
        np.testing.assert_array_equal(getattr(shown, name), getattr(bars, name), name)


def _sliced(bars: Bars, request: WindowRequest) -> slice:
    low = 0 if request.start is None else int(np.searchsorted(bars.time, request.start))
    high = len(bars) if request.end is None else int(np.searchsorted(bars.time, request.end))
    high = max(low, high)
    return slice(low if request.last is None else max(low, high - request.last), high)


def _assert_reaches(window: StoredWindow, bars: Bars, request: WindowRequest, part: slice) -> None:
    """Before the window lies what its indicators need, as far as it is stored, and without a hole."""
    before = window.bars[: window.offset]
    least = min(request.reach.bars, part.start)
    assert len(before) >= least
    np.testing.assert_array_equal(before.close, bars.close[part.start - len(before) : part.start])
    if request.reach.anchored and part.start < part.stop:
        first = bars.time[0] if request.interval >= Interval.H1 else month_start(int(bars.time[part.start]))
        assert len(before) >= np.sum((bars.time >= first) & (bars.time < bars.time[part.start]))


def _request(
    interval: Interval,
    instrument_id: int = 1,
    *,
    start: int | None = None,
    end: int | None = None,
    last: int | None = None,
    limit: int = 1000,
    reach: Reach = Reach(),  # noqa: B008 - frozen
) -> WindowRequest:
    return WindowRequest(
        instrument_id=instrument_id, interval=interval, start=start, end=end, last=last, limit=limit, reach=reach
    )


@st.composite
def _requests(draw: st.DrawFn) -> list[WindowRequest]:
    """Requests of one interval for two instruments that exist and one that does not, repeated ones among them."""
    interval = draw(st.sampled_from(list(_FIRST)))
    times = st.none() | st.integers(-20, 180).map(lambda steps: _FIRST[interval] + steps * interval.seconds + 7)
    times |= st.integers(-20, 180).map(lambda steps: _FIRST[interval] + steps * interval.seconds)
    request = st.builds(
        _request,
        st.just(interval),
        st.integers(1, 3),
        start=times,
        end=times,
        last=st.none() | st.integers(1, 200),
        limit=st.sampled_from([40, 1000]),
        reach=st.builds(Reach, bars=st.integers(0, 60), anchored=st.booleans()),
    ).filter(lambda one: one.start is None or one.end is None or one.start < one.end)
    requests = draw(st.lists(request, min_size=1, max_size=6))
    return requests + draw(st.lists(st.sampled_from(requests), max_size=2))


@pytest.fixture
async def stored(pool: Pool) -> None:
    """Two instruments with two series each."""
    for number, symbol in enumerate(("ACME", "NADIR"), 1):
        one = await instrument(pool, symbol)
        assert one.id == number
        for interval in _FIRST:
            # The minutes make days too, which must not stand among the stored ones.
            source = Source.FILE if interval is Interval.D1 else Source.FEED
            await store(pool, one, interval, STORED[number, interval], source=source)


@given(requests=_requests())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    report_multiple_bugs=False,
)
@pytest.mark.usefixtures("stored")
async def test_windows_are_slices(pool: Pool, requests: list[WindowRequest]) -> None:
    """Any from, to, last and reach, many at once, each as if it were alone."""
    windows = await stored_windows(pool, requests[0].interval, requests)
    for request, window in zip(requests, windows, strict=True):
        bars = STORED.get((request.instrument_id, request.interval))
        if bars is None:
            assert window is None
            continue
        assert window is not None
        part = _sliced(bars, request)
        assert window.is_cut is (part.stop - part.start > request.limit)
        if not window.is_cut:
            _assert_is(window, bars[part])
            _assert_reaches(window, bars, request, part)
        assert window.state.first_time == bars.time[0]
        assert window.state.last_time == bars.time[-1]
        assert window.state.revision == 1


async def test_no_requests_are_no_windows(pool: Pool) -> None:
    """Nothing in, nothing out."""
    assert await stored_windows(pool, Interval.D1, []) == []


async def test_a_series_that_was_never_stored_is_none(pool: Pool) -> None:
    """Neither of an instrument without bars, nor of an interval that is shorter than the stored one."""
    acme = await instrument(pool)
    assert await stored_windows(pool, Interval.D1, [_request(Interval.D1, acme.id)]) == [None]
    await store(pool, acme, Interval.D1, spaced(3, Interval.D1))
    assert await stored_windows(pool, Interval.M1, [_request(Interval.M1, acme.id)]) == [None]


@pytest.mark.usefixtures("stored")
async def test_a_range_without_bars_is_empty_and_not_missing(pool: Pool) -> None:
    """Before the first bar, after the last one, in the far past and in the far future, with any reach."""
    reaches = [Reach(), Reach(bars=30), Reach(anchored=True), Reach(bars=30, anchored=True)]
    for interval, first in _FIRST.items():
        ranges = [
            (None, first),
            (first + 400 * DAY, None),
            (_at("0001-01-01"), _at("1900-01-01")),
            (_at("9000-01-01"), _at("9999-12-31")),
        ]
        requests = [
            _request(interval, start=start, end=end, last=last, reach=reach)
            for start, end in ranges
            for last in (None, 10)
            for reach in reaches
        ]
        for request, window in zip(requests, await stored_windows(pool, interval, requests), strict=True):
            assert window is not None
            assert len(window.bars) == window.offset, request
            assert not window.is_cut


async def test_bars_of_distant_years_come_back(pool: Pool) -> None:
    """Before 1970, before PostgreSQL's own epoch of 2000, and in the far future, as one series."""
    acme = await instrument(pool)
    texts = ("1800-01-02", "1969-12-31", "1970-01-01", "1999-12-31", "2000-01-01", "2024-02-29", "2999-12-31")
    bars = walk([_at(text) for text in texts])
    for number in (3, 0, 6, 1, 5, 2, 4):
        await store(pool, acme, Interval.D1, bars[number : number + 1])
    requests = [
        _request(Interval.D1, acme.id, last=7),
        _request(Interval.D1, acme.id, start=_at("1969-12-31"), end=_at("2000-01-01")),
        _request(Interval.D1, acme.id, last=1, end=_at("1970-01-01"), reach=Reach(bars=5)),
    ]
    windows = [window for window in await stored_windows(pool, Interval.D1, requests) if window is not None]
    for window, part in zip(windows, (slice(0, 7), slice(1, 4), slice(1, 2)), strict=True):
        _assert_is(window, bars[part])
    assert windows[2].offset == 1


async def test_minutes_reach_back_to_the_month_of_their_first_bar(pool: Pool) -> None:
    """An anchored window over a change of month begins with the earlier month, and bars before it for the others."""
    acme = await instrument(pool)
    bars = spaced(9000, Interval.M5, start=_at("2024-01-15"))
    await store(pool, acme, Interval.M5, bars)
    crossing, within = _at("2024-02-01T01:00"), _at("2024-02-02")
    requests = [
        _request(Interval.M5, acme.id, last=24, end=crossing, reach=Reach(anchored=True)),
        _request(Interval.M5, acme.id, last=24, end=within, reach=Reach(anchored=True)),
        _request(Interval.M5, acme.id, last=24, end=within, reach=Reach(bars=10, anchored=True)),
        _request(Interval.M5, acme.id, start=within, end=within + 600, reach=Reach(bars=10, anchored=True)),
    ]
    january, february = bars.time[0], _at("2024-02-01")
    firsts = [
        int(window.bars.time[0]) for window in await stored_windows(pool, Interval.M5, requests) if window is not None
    ]
    assert firsts == [january, february, february - 10 * 300, february - 10 * 300]


async def test_revision_and_bars_are_of_one_moment(pool: Pool, urls: ServerUrls) -> None:
    """
    A writer that commits between the reader's statements is seen by none of them.

        reader                                  writer (the gate)
        reads the series
        asks where the window begins, waits
                                                changes bars and revision, commits
        reads where it begins, and the bars

    The question where it begins takes its snapshot after the wait, unless the transaction has one for all.
    """
    acme = await instrument(pool)
    bars = spaced(3, Interval.M5)
    await store(pool, acme, Interval.M5, bars)
    async with asyncio.timeout(_LIMIT_SECONDS), asyncio.TaskGroup() as group:
        async with held(urls.database, "LOCK TABLE candles") as writer:
            request = _request(Interval.M5, acme.id, last=3, reach=Reach(anchored=True))
            reader = group.create_task(stored_windows(pool, Interval.M5, [request]))
            await blocked(pool)
            await writer.execute("UPDATE series SET revision = revision + 1")
            await writer.execute("UPDATE candles SET volume = volume + 1")
        (window,) = await reader
    assert window is not None
    assert window.state.revision == 1
    _assert_is(window, bars)
    (window,) = await stored_windows(pool, Interval.M5, [request])
    assert window is not None
    assert (window.state.revision, window.bars.volume[0]) == (2, bars.volume[0] + 1)


@pytest.mark.usefixtures("stored")
async def test_windows_beyond_a_bound_are_not_read(pool: Pool) -> None:
    """They say what they would take, and leave room for those behind them; the revisions are told anyway."""
    await pool.execute("UPDATE series SET revision = 7, body_revision = 5")
    requests = [_request(Interval.D1, number, last=last) for number, last in ((1, 20), (2, 30), (3, 1), (1, 10))]
    reads = await read_windows(pool, Interval.D1, requests, most_bars=30)
    assert [None if one.window is None else len(one.window.bars) for one in reads] == [20, None, None, 10]
    assert [one.unread_bars for one in reads] == [0, 30, 0, 0]
    assert [(one.revision, one.body_revision) for one in reads] == [(7, 5), (7, 5), (0, 0), (7, 5)]
    states = [one.window.state for one in reads if one.window is not None]
    assert {(state.revision, state.body_revision) for state in states} == {(7, 5)}
    # A series that was created and holds nothing.
    (barren,) = await read_windows(pool, Interval.W1, [_request(Interval.W1, 1)])
    assert (barren.window is None, barren.revision, barren.unread_bars) == (False, 7, 0)
    await pool.execute("UPDATE series SET last_time = NULL WHERE bar_minutes = 10080")
    (barren,) = await read_windows(pool, Interval.W1, [_request(Interval.W1, 1)])
    assert (barren.window, barren.revision, barren.body_revision) == (None, 7, 5)


@pytest.mark.usefixtures("stored")
async def test_the_newest_bar_is_the_last_of_its_series(pool: Pool) -> None:
    """Of several intervals at once; with a missing volume, and without any bar."""
    await pool.execute("UPDATE series SET revision = 7, body_revision = 5 WHERE instrument_id = 1")
    await pool.execute("UPDATE candles SET volume = NULL WHERE instrument_id = 2")
    series = [(1, Interval.D1), (2, Interval.M5), (3, Interval.D1), (1, Interval.M1)]
    found = await newest_bars(pool, series)
    assert set(found) == set(series[:2])
    for key, newest in found.items():
        last = STORED[key][-1:]
        assert newest.bars.close.tobytes() == last.close.tobytes()
        assert newest.bars.time.tobytes() == last.time.tobytes()
        assert newest.state.last_time == last.time[0]
        assert np.isnan(newest.bars.volume[0]) == (key[0] == 2)
    state = found[1, Interval.D1].state
    assert (state.revision, state.body_revision, state.source) == (7, 5, Source.FILE)
    assert await newest_bars(pool, []) == {}
