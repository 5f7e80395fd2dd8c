"""The signals of one series as columns: what the engine makes and what is stored of it at once."""

from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from resolvers.model.bars import IntArray, Series
from resolvers.model.interval import Interval
from resolvers.model.vote import Votes

Hashes = npt.NDArray[np.uint8]
"""Sixteen bytes for each bar, shape ``(n, 16)``."""

_OF_THE_SERIES = ("instrument_id", "symbol", "interval", "producer", "horizon_bars")
_LAST_AXIS = ("votes", "measures")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ComputedSignals:
    """
    Signals of one series, oldest first, one for each bar; what is not described here is as of `SignalDraft`.

    Attributes:
        horizon_bars: Of all of them.
        time: Starts of the bars in unix seconds, each there once, shape ``(n,)`` as all that says no other.
        direction: -1 to sell, 0 to hold, 1 to buy.
        strength: 0 weak, 1 moderate, 2 strong.
        confidence: NaN where there is none.
        base_rate, cases, fit: What the confidence rests on; nothing where the name of the fit is empty. A base rate
            is a number where a fit is named.
        entry, stop, target: NaN where there is none.
        valid_until: In unix seconds.
        votes: Shape ``(agents, n)``.
        measures: In the order of `Measures`, shape ``(8, n)``.
        input_hash: Of all that a signal was computed from; equal hashes are equal signals.
        digest: As of `SignalDraft.digest`, as bytes.
        is_news: Whether subscribers are told of it, if it is new or different.
    """

    instrument_id: int
    symbol: str
    interval: Interval
    producer: str
    horizon_bars: int
    time: IntArray
    direction: npt.NDArray[np.int8]
    strength: npt.NDArray[np.int8]
    score: Series
    agreement: Series
    confidence: Series
    base_rate: Series
    cases: IntArray
    fit: npt.NDArray[np.bytes_]
    price: Series
    entry: Series
    stop: Series
    target: Series
    valid_until: IntArray
    votes: Votes
    measures: npt.NDArray[np.float64]
    input_hash: Hashes
    digest: Hashes
    is_news: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of signals."""
        return len(self.time)

    def __getitem__(self, part: slice | npt.NDArray[np.bool_] | IntArray) -> Self:
        """Some of them, in the order that *part* asks for."""
        found: dict[str, Any] = {}
        for column in fields(self):
            value = getattr(self, column.name)
            if column.name not in _OF_THE_SERIES:
                value = value[:, part] if column.name in _LAST_AXIS else value[part]
            found[column.name] = value
        return type(self)(**found)


PRODUCERS: Final = "gateway-engine-"
"""What the producers of all engines' signals begin with."""


def producer_of(version: str) -> str:
    """Who makes the signals of an engine's *version*."""
    return f"{PRODUCERS}{version}"
