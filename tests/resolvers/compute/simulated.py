"""Bars for tests that need no file."""

import numpy as np

from resolvers.model.bars import Bars, IntArray, Series

HOURS_A_DAY = 24


def simulated_bars(count: int, *, seed: int = 7, start: float = 100.0) -> Bars:
    """Hourly bars of a random walk with volume, gaps between close and open, and now and then a bar without a range."""
    random = np.random.default_rng(seed)
    close = start * np.exp(np.cumsum(random.normal(0, 0.01, count)))
    opened = close * np.exp(random.normal(0, 0.004, count))
    high = np.maximum(opened, close) * np.exp(random.exponential(0.003, count))
    low = np.minimum(opened, close) * np.exp(-random.exponential(0.003, count))
    still = random.random(count) < 0.02
    for column in (opened, high, low):
        column[still] = close[still]
    return bars_of(opened, high, low, close, random.integers(1, 100_000, count).astype(float))


def bars_of(opened: Series, high: Series, low: Series, close: Series, volume: Series) -> Bars:
    """Hourly bars with these columns, from 2024-01-01 on."""
    time = 1_704_067_200 + 3600 * np.arange(len(close))
    return Bars(time=time, open=opened, high=high, low=low, close=close, volume=volume)


def flat_bars(count: int, price: float = 0.1) -> Bars:
    """Bars of a price that never moves; 0.1 has no exact binary form, so sums of it round."""
    still = np.full(count, price)
    return bars_of(still, still, still, still, np.full(count, 3.0))


def closes(*prices: float) -> Bars:
    """Bars that have only a close."""
    price = np.array(prices, float)
    return bars_of(price, price, price, price, np.ones(len(price)))


def days_of(bars: Bars) -> IntArray:
    """UTC session dates."""
    return bars.time // 86_400
