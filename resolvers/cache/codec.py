"""Values as bytes: columns as raw arrays, the rest as JSON. What does not decode raises, whatever it is."""

import json
import struct
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.insight import SignalTally
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec, Source
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.model.session import SessionCalendar
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, Strength
from resolvers.model.universe import Liquidity, Member, Universe
from resolvers.model.window import SeriesState
from resolvers.model.window_parts import NewestBar, WindowBody

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Number of bars, length of the JSON before them.
_LENGTHS = struct.Struct("<II")
_COLUMNS = ("time", "open", "high", "low", "close", "volume")
_ITEM_BYTES = 8


def encoded_body(body: WindowBody) -> bytes:
    """A body: its state and figures as JSON, then its columns, little-endian, one after the other."""
    figures = [*_state_fields(body.state), body.offset, body.is_cut, body.read_bars, body.reaches_newest]
    return _with_columns(figures, body.bars)


def decoded_body(payload: memoryview) -> WindowBody:
    """The body; its columns are read-only views of *payload*."""
    figures, bars = _columns(payload)
    offset, is_cut, read_bars, reaches_newest = figures[_STATE_FIELDS:]
    return WindowBody(
        state=_state(figures[:_STATE_FIELDS]),
        bars=bars,
        offset=offset,
        is_cut=is_cut,
        read_bars=read_bars,
        reaches_newest=reaches_newest,
    )


def encoded_newest(newest: NewestBar) -> bytes:
    """A newest bar, as a body."""
    return _with_columns(_state_fields(newest.state), newest.bars)


def decoded_newest(payload: memoryview) -> NewestBar:
    """The newest bar."""
    figures, bars = _columns(payload)
    return NewestBar(state=_state(figures), bars=bars)


def encoded_quote(quote: Quote) -> bytes:
    """A quote; floats by their shortest text, which is exact, and the moment in microseconds."""
    as_of = (quote.as_of - _EPOCH) // _MICROSECOND
    return _json(
        [
            quote.instrument_id,
            quote.price,
            as_of,
            quote.source.value,
            quote.bid,
            quote.ask,
            quote.previous_close,
            quote.volume,
        ]
    )


def decoded_quote(payload: memoryview) -> Quote:
    """The quote."""
    instrument_id, price, as_of, source, bid, ask, previous_close, volume = _parsed(payload)
    return Quote(
        instrument_id=instrument_id,
        price=price,
        as_of=_EPOCH + as_of * _MICROSECOND,
        source=Source(source),
        bid=bid,
        ask=ask,
        previous_close=previous_close,
        volume=volume,
    )


def encoded_instruments(instruments: tuple[Instrument, ...]) -> bytes:
    """Instruments in their order."""
    return _json([_instrument_fields(one) for one in instruments])


def decoded_instruments(payload: memoryview) -> tuple[Instrument, ...]:
    """The instruments."""
    return tuple(_instrument(fields) for fields in _parsed(payload))


def encoded_instrument(instrument: Instrument) -> bytes:
    """One instrument."""
    return _json(_instrument_fields(instrument))


def decoded_instrument(payload: memoryview) -> Instrument:
    """The instrument."""
    return _instrument(_parsed(payload))


def encoded_intervals(intervals: tuple[Interval, ...]) -> bytes:
    """Intervals by their minutes."""
    return _json([one.value for one in intervals])


def decoded_intervals(payload: memoryview) -> tuple[Interval, ...]:
    """The intervals."""
    return tuple(Interval(minutes) for minutes in _parsed(payload))


def encoded_signal(signal: Signal) -> bytes:
    """A signal; moments in microseconds."""
    return _json(_signal_fields(signal))


def decoded_signal(payload: memoryview) -> Signal:
    """The signal."""
    return _signal(_parsed(payload))


def encoded_signals(signals: tuple[Signal, ...]) -> bytes:
    """Signals in their order."""
    return _json([_signal_fields(one) for one in signals])


def decoded_signals(payload: memoryview) -> tuple[Signal, ...]:
    """The signals."""
    return tuple(_signal(fields) for fields in _parsed(payload))


def encoded_universe(universe: Universe) -> bytes:
    """The members."""
    return _json([_member_fields(one) for one in universe.members.values()])


def decoded_universe(payload: memoryview) -> Universe:
    """The universe."""
    return Universe({one.instrument.id: one for one in map(_member, _parsed(payload))})


def encoded_count(count: int) -> bytes:
    """A whole number."""
    return _json(count)


def decoded_count(payload: memoryview) -> int:
    """The number."""
    return int(_parsed(payload))


def encoded_tally(tally: SignalTally) -> bytes:
    """A tally; the moment in microseconds."""
    since = None if tally.since is None else (tally.since - _EPOCH) // _MICROSECOND
    return _json([tally.buy, tally.sell, tally.hold, tally.average_confidence, tally.average_base_rate, since])


def decoded_tally(payload: memoryview) -> SignalTally:
    """The tally."""
    buy, sell, hold, average, base_rate, since = _parsed(payload)
    return SignalTally(
        buy=buy,
        sell=sell,
        hold=hold,
        average_confidence=average,
        average_base_rate=base_rate,
        since=None if since is None else _EPOCH + since * _MICROSECOND,
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _parsed(payload: memoryview) -> Any:
    return json.loads(bytes(payload))


def _state_fields(state: SeriesState) -> list[Any]:
    return [
        state.instrument_id,
        state.interval.value,
        state.source.value,
        state.revision,
        state.body_revision,
        state.first_time,
        state.last_time,
    ]


_STATE_FIELDS = 7


def _state(fields: list[Any]) -> SeriesState:
    instrument_id, minutes, source, revision, body_revision, first_time, last_time = fields
    return SeriesState(
        instrument_id=instrument_id,
        interval=Interval(minutes),
        source=Source(source),
        revision=revision,
        body_revision=body_revision,
        first_time=first_time,
        last_time=last_time,
    )


def _with_columns(figures: list[Any], bars: Bars) -> bytes:
    head = _json(figures)
    # Blanks up to the next multiple of eight, so that the arrays are aligned.
    head = head.ljust(-(-len(head) // _ITEM_BYTES) * _ITEM_BYTES)
    parts = [_LENGTHS.pack(len(bars), len(head)), head]
    parts += [
        np.ascontiguousarray(getattr(bars, name), "<i8" if name == "time" else "<f8").tobytes() for name in _COLUMNS
    ]
    return b"".join(parts)


def _columns(payload: memoryview) -> tuple[list[Any], Bars]:
    count, length = _LENGTHS.unpack_from(payload)
    figures = json.loads(bytes(payload[_LENGTHS.size : _LENGTHS.size + length]))
    start, columns = _LENGTHS.size + length, {}
    for name in _COLUMNS:
        columns[name] = np.frombuffer(payload, "<i8" if name == "time" else "<f8", count, start)
        start += count * _ITEM_BYTES
    return figures, Bars(**columns)


def _instrument_fields(instrument: Instrument) -> list[Any]:
    spec = instrument.spec
    return [
        instrument.id,
        spec.symbol,
        spec.asset_class.value,
        spec.currency,
        spec.sessions.timezone,
        spec.sessions.roll_minutes,
        spec.name,
        spec.exchange,
        spec.aliases,
        spec.tick_size,
        spec.is_active,
        spec.is_simulated,
    ]


def _instrument(fields: list[Any]) -> Instrument:
    number, symbol, asset_class, currency, timezone, roll, name, exchange, aliases, tick, active, simulated = fields
    return Instrument(
        id=number,
        spec=InstrumentSpec(
            symbol=symbol,
            asset_class=AssetClass(asset_class),
            currency=currency,
            sessions=SessionCalendar(timezone=timezone, roll_minutes=roll),
            name=name,
            exchange=exchange,
            aliases=tuple(aliases),
            tick_size=tick,
            is_active=active,
            is_simulated=simulated,
        ),
    )


def _member_fields(member: Member) -> list[Any]:
    liquidity = member.liquidity
    traded = None if liquidity is None else [liquidity.turnover, liquidity.days, liquidity.rank, liquidity.peers]
    return [_instrument_fields(member.instrument), traded]


def _member(fields: list[Any]) -> Member:
    instrument, traded = fields
    liquidity = None
    if traded is not None:
        turnover, days, rank, peers = traded
        liquidity = Liquidity(turnover=turnover, days=days, rank=rank, peers=peers)
    return Member(instrument=_instrument(instrument), liquidity=liquidity)


_SIGNAL_NAMES = (
    *("digest", "instrument_id", "symbol", "time", "score", "agreement", "confidence", "price", "entry", "stop"),
    *("target", "horizon_bars", "rationale", "producer", "is_cancelled", "is_superseded"),
)


def _signal_fields(signal: Signal) -> list[Any]:
    until = signal.valid_until
    return [
        signal.interval.value,
        signal.direction.value,
        signal.strength.value,
        None if until is None else (until - _EPOCH) // _MICROSECOND,
        (signal.created_at - _EPOCH) // _MICROSECOND,
        None if signal.basis is None else asdict(signal.basis),
        None if signal.votes is None else signal.votes.hex(),
        None if signal.measures is None else signal.measures.hex(),
        *(getattr(signal, name) for name in _SIGNAL_NAMES),
    ]


def _signal(fields: list[Any]) -> Signal:
    minutes, direction, strength, until, created_at, basis, votes, measures, *rest = fields
    return Signal(
        interval=Interval(minutes),
        direction=Direction(direction),
        strength=Strength(strength),
        valid_until=None if until is None else _EPOCH + until * _MICROSECOND,
        created_at=_EPOCH + created_at * _MICROSECOND,
        basis=None if basis is None else ConfidenceBasis(**basis),
        votes=None if votes is None else bytes.fromhex(votes),
        measures=None if measures is None else bytes.fromhex(measures),
        **dict(zip(_SIGNAL_NAMES, rest, strict=True)),
    )
