"""Signals as the engine's are in shape and size, made up: what storing them costs does not ask what they say."""

import numpy as np

from resolvers.model.computed_signals import ComputedSignals, producer_of
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.measures import Measures
from resolvers.model.signal import Direction, SignalDraft, Strength

VERSION = "0123456789ab"
DAY = 86_400
_FIRST = 1_360_540_800  # Monday 2013-02-11
_AGENTS, _HORIZON = 51, 5


def weekdays(count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The first *count* weekdays of five years, in unix seconds."""
    place = np.arange(count)
    return _FIRST + DAY * (place + 2 * (place // 5))


def made_signals(one: Instrument, bars: int) -> ComputedSignals:
    """A signal of *one* for each of so many days: half of them hold, and the first year has no confidence."""
    chance, time = np.random.default_rng(one.id), weekdays(bars)
    score = np.round(chance.normal(0, 0.15, bars).clip(-1, 1), 6)
    direction = (np.sign(score) * (np.abs(score) >= 0.1)).astype(np.int8)
    strength = np.digitize(np.abs(score), (0.2, 0.3)).astype(np.int8)
    is_known = (np.arange(bars) >= 250) & (direction != 0)
    months = time.astype("datetime64[s]").astype("datetime64[M]").astype("S7")
    price = np.round(100 * np.exp(np.cumsum(chance.normal(0, 0.01, bars))), 2)
    levels = [np.where(direction == 0, np.nan, price + direction * step) for step in (0, -2.5, 3.75)]
    return ComputedSignals(
        instrument_id=one.id,
        symbol=one.symbol,
        interval=Interval.D1,
        producer=producer_of(VERSION),
        horizon_bars=_HORIZON,
        time=time,
        direction=direction,
        strength=strength,
        score=score,
        agreement=chance.random(bars),
        confidence=np.where(is_known, chance.uniform(0.4, 0.6, bars), np.nan),
        base_rate=np.where(is_known, chance.uniform(0.4, 0.6, bars), np.nan),
        cases=np.where(is_known, np.arange(bars) * 100, 0),
        fit=np.where(is_known, np.char.add(months, f"-{_HORIZON}-{VERSION}".encode()), b""),
        price=price,
        entry=levels[0],
        stop=levels[1],
        target=levels[2],
        valid_until=time + (_HORIZON + 3) * DAY,
        votes=chance.integers(-1, 2, (_AGENTS, bars), np.int8),
        measures=chance.normal(size=(len(Measures._fields), bars)),
        input_hash=chance.integers(0, 256, (bars, 16), np.uint8),
        digest=_digests(one, time.tolist()),
        is_news=np.zeros(bars, bool),
    )


def _digests(one: Instrument, times: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    names = [
        SignalDraft(
            instrument_id=one.id,
            symbol=one.symbol,
            interval=Interval.D1,
            time=time,
            direction=Direction.HOLD,
            strength=Strength.WEAK,
            score=0,
            agreement=0,
            price=1,
            producer=producer_of(VERSION),
            rationale=None,
        ).digest
        for time in times
    ]
    return np.frombuffer(bytes.fromhex("".join(names)), np.uint8).reshape(len(times), 16)
