"""Hourly series of equal length, cut from the simulated market, as a file that all peers read."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gateway.feeds.simulated import simulated_market
from resolvers.model.bars import Bars

BARS = 1000
_COLUMNS = ("time", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldSeries:
    """One series that a peer holds in memory."""

    symbol: str
    bars: Bars

    def moments(self) -> list[datetime]:
        """The bars' times."""
        return [datetime.fromtimestamp(one, UTC) for one in self.bars.time.tolist()]


def write_series(path: Path, *, count: int) -> None:
    """
    Writes *count* series, several from each instrument.

    Raises:
        ValueError: If the market is too small for so many.
    """
    found: dict[str, list[Bars]] = {}
    for one in simulated_market(until=int(time.time()) // 86_400 * 86_400):
        whole = len(one.hours) // BARS
        found[one.instrument.symbol] = [one.hours[part * BARS : (part + 1) * BARS] for part in range(whole)]
    parts = [
        (f"{symbol}.{number}", bars[number])
        for number in range(max(map(len, found.values())))
        for symbol, bars in found.items()
        if number < len(bars)
    ][:count]
    if len(parts) < count:
        raise ValueError(f"the simulated market has {len(parts)} series of {BARS} bars, {count} were asked for")
    arrays = {name: np.array([getattr(bars, name) for _, bars in parts]) for name in _COLUMNS}
    np.savez(path, symbols=np.array([symbol for symbol, _ in parts]), **arrays)  # type: ignore[arg-type]


def read_series(path: Path) -> list[HeldSeries]:
    """The series of a file."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in (*_COLUMNS, "symbols")}
    return [
        HeldSeries(symbol=str(symbol), bars=Bars(**{name: arrays[name][number].copy() for name in _COLUMNS}))
        for number, symbol in enumerate(arrays["symbols"])
    ]
