"""Every kind of value as bytes and back, to the last bit."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.cache import codec, instrument_codec, quote_codec, signal_codec, window_codec
from resolvers.model.bars import Bars
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.session import SessionCalendar
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, Strength
from resolvers.model.universe import Liquidity, Member, Universe
from resolvers.model.window import SeriesState
from resolvers.model.window_parts import NewestBar, WindowBody
from tests.bars import spaced

_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_MAYBE = st.none() | _FLOATS
_WHOLE = st.integers(-(2**62), 2**62)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_COLUMNS = ("time", "open", "high", "low", "close", "volume")


@st.composite
def _bars(draw: st.DrawFn, *, most: int = 20) -> Bars:
    count = draw(st.integers(0, most))
    prices = [draw(st.lists(st.floats(), min_size=count, max_size=count)) for _ in _COLUMNS[1:]]
    times = draw(st.lists(_WHOLE, min_size=count, max_size=count))
    return Bars(
        time=np.array(times, np.int64),
        **{name: np.array(column, np.float64) for name, column in zip(_COLUMNS[1:], prices, strict=True)},
    )


_STATES = st.builds(
    SeriesState,
    instrument_id=st.integers(1, 2**31 - 1),
    interval=st.sampled_from(Interval),
    source=st.sampled_from(Source),
    revision=st.integers(0, 2**62),
    body_revision=st.integers(0, 2**62),
    first_time=_WHOLE,
    last_time=_WHOLE,
)
_BODIES = st.builds(
    WindowBody,
    state=_STATES,
    bars=_bars(),
    offset=st.integers(0, 2**31),
    is_cut=st.booleans(),
    read_bars=st.integers(0, 2**40),
    reaches_newest=st.booleans(),
)
_QUOTES = st.builds(
    Quote,
    instrument_id=st.integers(1, 2**31 - 1),
    price=_FLOATS,
    as_of=st.datetimes(timezones=st.just(UTC)),
    source=st.sampled_from(Source),
    bid=_MAYBE,
    ask=_MAYBE,
    previous_close=_MAYBE,
    volume=_MAYBE,
)
_INSTRUMENTS = st.builds(
    Instrument,
    id=st.integers(1, 2**31 - 1),
    spec=st.builds(
        InstrumentSpec,
        symbol=_TEXTS,
        asset_class=st.sampled_from(AssetClass),
        currency=_TEXTS,
        sessions=st.builds(SessionCalendar, timezone=_TEXTS, roll_minutes=st.integers(-1440, 1440)),
        name=st.none() | _TEXTS,
        exchange=st.none() | _TEXTS,
        aliases=st.lists(_TEXTS, max_size=3).map(tuple),
        tick_size=_MAYBE | st.just(float("inf")),
        is_active=st.booleans(),
        is_simulated=st.booleans(),
    ),
)

_SIGNALS = st.builds(
    Signal,
    digest=st.text("0123456789abcdef", min_size=32, max_size=32),
    instrument_id=st.integers(1, 2**31 - 1),
    symbol=_TEXTS,
    interval=st.sampled_from(Interval),
    time=_WHOLE,
    direction=st.sampled_from(Direction),
    strength=st.sampled_from(Strength),
    score=_FLOATS,
    agreement=_FLOATS,
    confidence=_MAYBE,
    basis=st.none() | st.builds(ConfidenceBasis, fit=_TEXTS, base_rate=_FLOATS, cases=_WHOLE),
    price=_FLOATS,
    entry=_MAYBE,
    stop=_MAYBE,
    target=_MAYBE,
    horizon_bars=st.none() | st.integers(1, 2**31 - 1),
    valid_until=st.none() | st.datetimes(timezones=st.just(UTC)),
    rationale=st.none() | _TEXTS,
    votes=st.none() | st.binary(max_size=60),
    measures=st.none() | st.binary(max_size=80),
    producer=_TEXTS,
    created_at=st.datetimes(timezones=st.just(UTC)),
    is_cancelled=st.booleans(),
    is_superseded=st.booleans(),
)


def _assert_same_state(one: SeriesState, other: SeriesState) -> None:
    for name in SeriesState.__slots__:
        assert getattr(one, name) == getattr(other, name), name
        assert type(getattr(one, name)) is type(getattr(other, name)), name


def _assert_same_bars(one: Bars, other: Bars) -> None:
    for name in _COLUMNS:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
        assert not getattr(other, name).flags.writeable


@given(body=_BODIES)
def test_a_body_comes_back(body: WindowBody) -> None:
    """NaN, infinities and the sign of zero included."""
    back = window_codec.decoded_body(memoryview(window_codec.encoded_body(body)))
    _assert_same_state(body.state, back.state)
    _assert_same_bars(body.bars, back.bars)
    for name in ("offset", "is_cut", "read_bars", "reaches_newest"):
        assert getattr(back, name) == getattr(body, name)


@given(newest=st.builds(NewestBar, state=_STATES, bars=_bars(most=1)))
def test_a_newest_bar_comes_back(newest: NewestBar) -> None:
    """With the state of its series."""
    back = window_codec.decoded_newest(memoryview(window_codec.encoded_newest(newest)))
    _assert_same_state(newest.state, back.state)
    _assert_same_bars(newest.bars, back.bars)


@given(quote=_QUOTES, instruments=st.lists(_INSTRUMENTS, max_size=3).map(tuple), count=st.integers(0, 2**62))
def test_small_values_come_back(quote: Quote, instruments: tuple[Instrument, ...], count: int) -> None:
    """Equal, and of the same types."""
    back = quote_codec.decoded_quote(memoryview(quote_codec.encoded_quote(quote)))
    assert back == quote
    assert back.source is quote.source
    listed = instrument_codec.decoded_instruments(memoryview(instrument_codec.encoded_instruments(instruments)))
    assert listed == instruments
    for one in instruments:
        alone = instrument_codec.decoded_instrument(memoryview(instrument_codec.encoded_instrument(one)))
        assert alone == one
        assert alone.spec.asset_class is one.spec.asset_class
    assert codec.decoded_count(memoryview(codec.encoded_count(count))) == count
    intervals = (Interval.M1, Interval.W1)
    assert instrument_codec.decoded_intervals(memoryview(instrument_codec.encoded_intervals(intervals))) == intervals


def test_columns_are_views() -> None:
    """Nothing is copied on the way out."""
    bars = spaced(5, Interval.H1)
    state = SeriesState(
        instrument_id=1, interval=Interval.D1, source=Source.FILE, revision=1, first_time=0, last_time=4
    )
    payload = window_codec.encoded_newest(NewestBar(state=state, bars=bars))
    back = window_codec.decoded_newest(memoryview(payload))
    for name in _COLUMNS:
        column = getattr(back.bars, name)
        assert not column.flags.owndata
        assert column.flags.aligned
        assert np.shares_memory(column, np.frombuffer(payload, np.uint8))


def test_a_moment_keeps_its_microseconds() -> None:
    """Far in the past and in the future."""
    for as_of in (datetime(1, 1, 1, microsecond=1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)):
        quote = Quote(instrument_id=1, price=1.0, as_of=as_of, source=Source.FEED)
        assert quote_codec.decoded_quote(memoryview(quote_codec.encoded_quote(quote))).as_of == as_of


@pytest.mark.parametrize("decode", [window_codec.decoded_body, window_codec.decoded_newest, quote_codec.decoded_quote])
@given(garbage=st.binary(max_size=60))
def test_garbage_raises(decode: object, garbage: bytes) -> None:
    """Whoever reads takes any exception for a miss; nothing comes back that looks like a value."""
    assert callable(decode)
    with pytest.raises(Exception):  # noqa: B017, PT011
        decode(memoryview(garbage))


@given(signals=st.lists(_SIGNALS, max_size=3).map(tuple))
def test_signals_come_back(signals: tuple[Signal, ...]) -> None:
    """To the microsecond, and of the same types."""
    assert signal_codec.decoded_signals(memoryview(signal_codec.encoded_signals(signals))) == signals
    for one in signals:
        alone = signal_codec.decoded_signal(memoryview(signal_codec.encoded_signal(one)))
        assert alone == one
        assert alone.interval is one.interval
        assert alone.direction is one.direction
        assert alone.strength is one.strength


_MEMBERS = st.builds(
    Member,
    instrument=_INSTRUMENTS,
    liquidity=st.none()
    | st.builds(
        Liquidity,
        turnover=st.floats(0, 1e300),
        days=st.integers(1, 20),
        rank=st.floats(0, 1),
        peers=st.integers(0, 9_999),
    ),
)


@given(members=st.lists(_MEMBERS, max_size=4))
def test_a_universe_comes_back(members: list[Member]) -> None:
    """To the last bit, found by the same names."""
    universe = Universe({one.instrument.id: one for one in members})
    back = instrument_codec.decoded_universe(memoryview(instrument_codec.encoded_universe(universe)))
    assert back == universe
    assert back.ids == universe.ids
