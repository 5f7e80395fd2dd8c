"""Records of what became of scores and votes as bytes: whole numbers of eight bytes, compressed, behind a version."""

import zlib
from collections.abc import Sequence

import numpy as np

from resolvers.compute.calibration import ScoreRecord
from resolvers.compute.monthly_counts import MonthlyCounts
from resolvers.compute.track_record import TrackRecord
from resolvers.model.bars import IntArray

_VERSION = b"\x01"
_NEVER = np.iinfo(np.int64).min


def score_bytes(record: ScoreRecord) -> bytes:
    """As `score_record` reads it."""
    return _packed([record.horizon], [record.market, record.scores])


def score_record(stored: bytes) -> ScoreRecord:
    """
    The record that was stored.

    Raises:
        ValueError: If it was stored by a program that stores it otherwise.
    """
    (horizon,), (market, scores) = _unpacked(stored, 1, 2)
    return ScoreRecord(horizon=horizon, market=market, scores=scores)


def track_bytes(record: TrackRecord) -> bytes:
    """As `track_record` reads it."""
    bounds = [_NEVER if time is None else time for time in (record.since, record.until)]
    return _packed([record.horizon, *bounds], [record.market, record.agents, record.pairs])


def track_record(stored: bytes) -> TrackRecord:
    """
    The record that was stored.

    Raises:
        ValueError: If it was stored by a program that stores it otherwise.
    """
    (horizon, *bounds), (market, agents, pairs) = _unpacked(stored, 3, 3)
    since, until = (None if time == _NEVER else time for time in bounds)
    return TrackRecord(horizon=horizon, since=since, until=until, market=market, agents=agents, pairs=pairs)


def _packed(numbers: Sequence[int], counts: Sequence[MonthlyCounts]) -> bytes:
    """The numbers, then for each of the counts its first month, its dimensions, their sizes, and what was counted."""
    parts: list[IntArray] = [np.array(numbers, np.int64)]
    for one in counts:
        parts += [np.array([one.first, one.counts.ndim, *one.counts.shape], np.int64), one.counts.reshape(-1)]
    # Most counts are small and many are 0, so the quickest way to compress leaves little.
    return _VERSION + zlib.compress(np.concatenate(parts).astype("<i8").tobytes(), 1)


def _unpacked(stored: bytes, numbers: int, count: int) -> tuple[list[int], list[MonthlyCounts]]:
    if stored[:1] != _VERSION:
        raise ValueError(f"a record must begin with {_VERSION!r}, began with {stored[:1]!r}")
    rest = np.frombuffer(zlib.decompress(stored[1:]), "<i8").astype(np.int64)
    head, rest = rest[:numbers].tolist(), rest[numbers:]
    counts = []
    for _ in range(count):
        first, dimensions = rest[:2].tolist()
        shape = rest[2 : 2 + dimensions].tolist()
        size, rest = int(np.prod(shape, dtype=np.int64)), rest[2 + dimensions :]
        counts.append(MonthlyCounts(first=first, counts=rest[:size].reshape(shape)))
        rest = rest[size:]
    return head, counts
