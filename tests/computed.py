"""Computed signals for tests: made up, with everything that may be missing missing here and there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import numpy as np

from resolvers.ingest import Ingest
from resolvers.model.bars import IntArray
from resolvers.model.computed_signals import ComputedSignals, producer_of
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.measures import Measures
from resolvers.model.signal import ConfidenceBasis, Direction, SignalDraft, Strength
from resolvers.storage.computed_signals import Gone
from resolvers.storage.pool import Pool
from resolvers.storage.written import Written
from tests.bars import NOON

VERSION = "0123456789ab"
DAY = 86_400
_DIRECTIONS = (Direction.SELL, Direction.HOLD, Direction.BUY)
_STRENGTHS = (Strength.WEAK, Strength.MODERATE, Strength.STRONG)


def computed(
    one: Instrument,
    times: Sequence[int] | IntArray,
    *,
    seed: int = 1,
    agents: int = 3,
    version: str = VERSION,
    **changes: Any,
) -> ComputedSignals:
    """Signals of *one* on days at *times*, none of which is news; columns may be given."""
    time, chance = np.array(times, np.int64), np.random.default_rng(seed)
    count = len(time)

    def numbers(low: float, high: float, *, missing: float = 0) -> Any:
        found = chance.uniform(low, high, count)
        return np.where(chance.random(count) < missing, np.nan, found)

    fit = chance.choice(np.array([b"", b"2024-02-5-0123456789ab", b"2024-02-10-0123456789ab"]), count)
    given: dict[str, Any] = {
        "direction": chance.integers(-1, 2, count, np.int8),
        "strength": chance.integers(0, 3, count, np.int8),
        "score": numbers(-1, 1),
        "agreement": numbers(0, 1),
        "confidence": numbers(0, 1, missing=0.3),
        "base_rate": np.where(fit == b"", np.nan, numbers(0, 1)),
        "cases": chance.integers(0, 1000, count),
        "fit": fit,
        "price": numbers(1, 100),
        "entry": numbers(1, 100, missing=0.3),
        "stop": numbers(1, 100, missing=0.3),
        "target": numbers(1, 100, missing=0.3),
        "valid_until": time + 7 * DAY,
        "votes": chance.integers(-1, 7, (agents, count), np.int8),
        "measures": np.stack([numbers(-5, 5, missing=0.2) for _ in Measures._fields]),
        "is_news": np.zeros(count, bool),
    } | changes
    part = ComputedSignals(
        instrument_id=one.id,
        symbol=one.symbol,
        interval=Interval.D1,
        producer=producer_of(version),
        horizon_bars=5,
        time=time,
        input_hash=np.zeros((count, 16), np.uint8),
        digest=np.zeros((count, 16), np.uint8),
        **given,
    )
    named = drafts(part)
    hashes = [blake2b(repr(replace(draft, is_streamed=False)).encode(), digest_size=16).digest() for draft in named]
    return replace(
        part,
        input_hash=np.array([list(one) for one in hashes], np.uint8).reshape(count, 16),
        digest=np.array([list(bytes.fromhex(one.digest)) for one in named], np.uint8).reshape(count, 16),
    )


def drafts(part: ComputedSignals) -> list[SignalDraft]:
    """The same signals one by one."""
    return [
        SignalDraft(
            instrument_id=part.instrument_id,
            symbol=part.symbol,
            interval=part.interval,
            time=int(part.time[at]),
            direction=_DIRECTIONS[part.direction[at] + 1],
            strength=_STRENGTHS[part.strength[at]],
            score=float(part.score[at]),
            agreement=float(part.agreement[at]),
            price=float(part.price[at]),
            producer=part.producer,
            rationale=None,
            confidence=_number(part.confidence[at]),
            basis=ConfidenceBasis(
                fit=bytes(part.fit[at]).decode(), base_rate=float(part.base_rate[at]), cases=int(part.cases[at])
            )
            if part.fit[at]
            else None,
            entry=_number(part.entry[at]),
            stop=_number(part.stop[at]),
            target=_number(part.target[at]),
            horizon_bars=part.horizon_bars,
            valid_until=datetime.fromtimestamp(int(part.valid_until[at]), UTC),
            votes=part.votes[:, at].tobytes(),
            measures=Measures(*part.measures[:, at].tolist()).stored(),
            input_hash=part.input_hash[at].tobytes(),
            is_streamed=bool(part.is_news[at]),
        )
        for at in range(len(part))
    ]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


async def store_parts(pool: Pool, *parts: ComputedSignals, version: str = VERSION, gone: Gone | None = None) -> Written:
    """Stores signals as the engine does."""
    async with Ingest(pool).engine_pass(range(2020, 2027)) as step:
        return await step.store(version=version, interval=Interval.D1, computed=parts, done={}, gone=gone)


def days(count: int, *, first: int = NOON // DAY * DAY) -> IntArray:
    """Midnights, one after the other."""
    return first + DAY * np.arange(count)
