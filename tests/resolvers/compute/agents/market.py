"""Markets of many instruments: the real one, and a generated one with gaps."""

import csv
import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from resolvers.model.bars import Bars, Series
from tests.resolvers.compute.simulated import simulated_bars

Market = Mapping[str, Bars]


@cache
def real_market(folder: Path) -> Market:
    """Five years of days of 24 large companies, by symbol, with their dates."""
    rows: dict[str, list[tuple[float, ...]]] = {}
    with gzip.open(folder / "large-caps-daily-5y.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = np.datetime64(row["time"][:10]).astype("datetime64[s]").astype(np.int64)
            prices = (float(row[name]) for name in ("open", "high", "low", "close", "volume"))
            rows.setdefault(row["symbol"], []).append((int(day), *prices))
    return {symbol: _bars(np.array(one)) for symbol, one in rows.items()}


@cache
def generated_market(symbols: int = 14, count: int = 420) -> Market:
    """Walks on common days, of which each instrument lacks a few, and some begin late or end early."""
    random = np.random.default_rng(11)
    market = {}
    for number in range(symbols):
        bars = simulated_bars(count, seed=100 + number)
        kept = random.random(count) > 0.01
        kept[: 60 * (number % 3 == 1)] = False
        kept[count - 40 * (number % 5 == 4) :] = False
        columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
        market[f"SYM{number}"] = _bars(
            np.column_stack((86_400.0 * np.arange(count), *columns)).astype(np.float64)[kept]
        )
    return market


def until(market: Market, time: int) -> Market:
    """What there was of the market at the end of the bars of *time*."""
    return {symbol: bars[: int(np.searchsorted(bars.time, time, side="right"))] for symbol, bars in market.items()}


def _bars(rows: Series) -> Bars:
    time, opened, high, low, close, volume = rows.T.copy()
    return Bars(time=time.astype(np.int64), open=opened, high=high, low=low, close=close, volume=volume)
