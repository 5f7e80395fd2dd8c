"""Names and hashes: the same for the same, another for anything else."""

import numpy as np
import pytest

from resolvers.compute.engine.hashes import digests, input_hashes
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, SignalDraft, Strength


@pytest.mark.parametrize("symbol", ["ACME", "BTC/USDT", 'ODD"\\É'])
def test_the_name_is_that_of_a_draft(symbol: str) -> None:
    """What a client computes who knows producer, symbol, interval and time."""
    times = np.array([0, 86_400, 1_706_788_800, -3_600])
    found = digests("gateway-engine-0123456789ab", symbol, Interval.H1, times)
    drafts = [
        SignalDraft(
            instrument_id=1,
            symbol=symbol,
            interval=Interval.H1,
            time=time,
            direction=Direction.HOLD,
            strength=Strength.WEAK,
            score=0.0,
            agreement=0.0,
            price=1.0,
            producer="gateway-engine-0123456789ab",
            rationale=None,
        ).digest
        for time in times.tolist()
    ]
    assert [one.tobytes().hex() for one in found] == drafts


def _inputs(count: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    names = np.array([b"2024-01-5-abc", b""] * (count // 2), "S64")
    return (
        random.random((6, count)),
        random.integers(0, 9, (2, count)),
        random.integers(-1, 4, (51, count), np.int8),
        names,
    )


def test_any_change_of_one_bar_changes_its_hash_and_no_other() -> None:
    """In every row, by the smallest step."""
    given = _inputs()
    before = input_hashes(*given)
    assert len({one.tobytes() for one in before}) == 40
    for place, columns in enumerate(given):
        for row in range(len(columns) if columns.ndim > 1 else 1):
            other = [one.copy() for one in given]
            bar = other[place][row, 7:8] if columns.ndim > 1 else other[place][7:8]
            bar[0] = b"else" if columns.ndim == 1 else np.nextafter(bar[0], 9) if place == 0 else bar[0] + 1
            changed = (input_hashes(*other) != before).any(axis=1)
            assert np.flatnonzero(changed).tolist() == [7]


def test_one_nan_and_one_zero() -> None:
    """Whatever arithmetic they come from."""
    numbers, whole, votes, names = _inputs(2)
    numbers[:, 0], numbers[:, 1] = 0.0, -0.0
    numbers[0] = np.array([0x7FF8000000000000, 0xFFF8000000000001], np.uint64).view(np.float64)
    whole[:, 1], votes[:, 1], names[1] = whole[:, 0], votes[:, 0], names[0]
    one, other = input_hashes(numbers, whole, votes, names)
    assert one.tobytes() == other.tobytes()


def test_no_bars() -> None:
    """An empty array of the right shape."""
    assert input_hashes(
        np.empty((6, 0)), np.empty((2, 0), np.int64), np.empty((51, 0), np.int8), np.empty(0, "S1")
    ).shape == (0, 16)
    assert digests("p", "S", Interval.D1, np.empty(0, np.int64)).shape == (0, 16)
