"""Signals: what somebody thinks that a price will do, and until when that holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import orjson

from resolvers.model.interval import Interval


class Direction(StrEnum):
    """Which way a price is expected to go."""

    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"


class Strength(StrEnum):
    """How clear a signal is, in its producer's words."""

    WEAK = "WEAK"
    MODERATE = "MODERATE"
    STRONG = "STRONG"


class SignalStatus(StrEnum):
    """Whether a signal still stands."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfidenceBasis:
    """
    What a confidence rests on.

    Attributes:
        fit: The name of the fit: when it was made, for which horizon, and a hash of all that it counted.
        base_rate: How often the price went to the side of the signal after any bar.
        cases: Scores like it of which it was known what became of them.
    """

    fit: str
    base_rate: float
    cases: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalDraft:
    """
    A signal as its producer gives it.

    Attributes:
        time: Start of the bar that it was made on, in unix seconds.
        score: From -1 (sell) to 1 (buy).
        agreement: How much of what was asked agrees, from 0 to 1.
        confidence: How often such a signal was right, from 0 to 1; None where that is not known.
        price: The last price when it was made.
        producer: Who made it, with the version of what made it.
        key: What the producer calls it; None where series and bar tell it from the producer's others.
        rationale: Why, in words; None where it follows from votes and measures.
        basis: What the confidence rests on, if its producer says.
        votes: One byte for each agent that was asked, in the order of the panel of its producer.
        measures: As `Measures.stored`.
        input_hash: Of all that it was computed from.
        is_streamed: Whether subscribers are told of it; what is computed of the past is not news.
    """

    instrument_id: int
    symbol: str
    interval: Interval
    time: int
    direction: Direction
    strength: Strength
    score: float
    agreement: float
    price: float
    producer: str
    rationale: str | None
    confidence: float | None = None
    basis: ConfidenceBasis | None = None
    entry: float | None = None
    stop: float | None = None
    target: float | None = None
    horizon_bars: int | None = None
    valid_until: datetime | None = None
    key: str | None = None
    votes: bytes | None = None
    measures: bytes | None = None
    input_hash: bytes | None = None
    is_cancelled: bool = False
    is_streamed: bool = True

    @property
    def digest(self) -> str:
        """
        The hash that names the signal, 32 hexadecimal digits: the same on every machine, and at every time.

        Of producer and key, or where it has none of producer, symbol, interval and bar.
        """
        named = [self.producer, self.key] if self.key is not None else self._series
        return sha256(orjson.dumps(named)).hexdigest()[:32]

    @property
    def _series(self) -> list[str | int]:
        return [self.producer, self.symbol, self.interval.name, self.time]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """
    A stored signal; what is not described here is as of `SignalDraft`.

    Attributes:
        digest: As of its draft; with the time it finds the signal.
        created_at: When it was first stored.
        is_superseded: Whether its producer has one of a later bar of the same series.
    """

    digest: str
    instrument_id: int
    symbol: str
    interval: Interval
    time: int
    direction: Direction
    strength: Strength
    score: float
    agreement: float
    confidence: float | None
    basis: ConfidenceBasis | None = None
    price: float
    entry: float | None
    stop: float | None
    target: float | None
    horizon_bars: int | None
    valid_until: datetime | None
    rationale: str | None
    votes: bytes | None = None
    measures: bytes | None = None
    producer: str
    created_at: datetime
    is_cancelled: bool
    is_superseded: bool

    @property
    def risk_reward(self) -> float | None:
        """
        What is to be won for each unit at risk, to nine digits; None where a price for it was not given.

        Differences of prices are not exact: levels that were made 3 and 2 ranges away would be 1.4999999999999372 to 1,
        and not among those that are asked for with 1.5.
        """
        if self.entry is None or self.stop is None or self.target is None or self.entry == self.stop:
            return None
        return float(f"{abs(self.target - self.entry) / abs(self.entry - self.stop):.9g}")

    def status(self, now: float) -> SignalStatus:
        """Whether it stands at *now*, in unix seconds; what was said of it goes before the clock."""
        if self.is_cancelled:
            return SignalStatus.CANCELLED
        if self.is_superseded:
            return SignalStatus.SUPERSEDED
        if self.valid_until is not None and self.valid_until.timestamp() <= now:
            return SignalStatus.EXPIRED
        return SignalStatus.ACTIVE
