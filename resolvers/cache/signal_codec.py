"""Signals as bytes: JSON."""

from dataclasses import asdict
from typing import Any

from resolvers.cache.codec import EPOCH, MICROSECOND, json_bytes, parsed
from resolvers.model.insight import SignalTally
from resolvers.model.interval import Interval
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, Strength


def encoded_signal(signal: Signal) -> bytes:
    """A signal; moments in microseconds."""
    return json_bytes(_signal_fields(signal))


def decoded_signal(payload: memoryview) -> Signal:
    """The signal."""
    return _signal(parsed(payload))


def encoded_signals(signals: tuple[Signal, ...]) -> bytes:
    """Signals in their order."""
    return json_bytes([_signal_fields(one) for one in signals])


def decoded_signals(payload: memoryview) -> tuple[Signal, ...]:
    """The signals."""
    return tuple(_signal(fields) for fields in parsed(payload))


def encoded_tally(tally: SignalTally) -> bytes:
    """A tally; the moment in microseconds."""
    since = None if tally.since is None else (tally.since - EPOCH) // MICROSECOND
    return json_bytes([tally.buy, tally.sell, tally.hold, tally.average_confidence, tally.average_base_rate, since])


def decoded_tally(payload: memoryview) -> SignalTally:
    """The tally."""
    buy, sell, hold, average, base_rate, since = parsed(payload)
    return SignalTally(
        buy=buy,
        sell=sell,
        hold=hold,
        average_confidence=average,
        average_base_rate=base_rate,
        since=None if since is None else EPOCH + since * MICROSECOND,
    )


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
        None if until is None else (until - EPOCH) // MICROSECOND,
        (signal.created_at - EPOCH) // MICROSECOND,
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
        valid_until=None if until is None else EPOCH + until * MICROSECOND,
        created_at=EPOCH + created_at * MICROSECOND,
        basis=None if basis is None else ConfidenceBasis(**basis),
        votes=None if votes is None else bytes.fromhex(votes),
        measures=None if measures is None else bytes.fromhex(measures),
        **dict(zip(_SIGNAL_NAMES, rest, strict=True)),
    )
