"""The simulated market while it trades: what is known at a moment of bars that are drawn to their ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from gateway.feeds.simulated import SimulatedSeries
from gateway.feeds.simulated_paths import random_stream
from resolvers.model.bars import Bars, Series

_MINUTE = 60
_NOISE = 0.06  # of a second, as a share of the minute's range
_TURNS = 8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tick:
    """
    What is to be stored of one instrument.

    Attributes:
        bars: Minutes, of which the last one may be forming.
        price, bid, ask: As it is quoted.
        as_of: When, in unix seconds.
    """

    symbol: str
    bars: Bars
    price: float
    bid: float
    ask: float
    as_of: float


class SimulatedTicks:
    """
    Tells what became known since the last time.

    Args:
        stored: By symbol, the start of the newest minute that is stored, which may have been forming then.
        seed: Of the market.
    """

    def __init__(self, series: Sequence[SimulatedSeries], stored: Mapping[str, int], *, seed: int) -> None:
        self._series = series
        self._seed = seed
        self._open = {one.instrument.symbol: stored[one.instrument.symbol] for one in series}

    @property
    def stored(self) -> dict[str, int]:
        """By symbol, the start of the first minute that is not stored to its end."""
        return dict(self._open)

    def hours(self) -> dict[str, Bars]:
        """The hours after what is stored, of a gap too long for minutes, by symbol."""
        found = {}
        for one in self._series:
            symbol = one.instrument.symbol
            missing = one.hours[int(np.searchsorted(one.hours.time, self._open[symbol], "right")) :]
            if len(missing):
                found[symbol] = missing
        return found

    def due(self, now: float, turn: int) -> list[Tick]:
        """
        What is to be stored at *now* (unix seconds).

        Minutes that have ended come all and at once; of those that are forming, every eighth instrument has its turn.
        """
        ticks = []
        for place, one in enumerate(self._series):
            tick = self._tick(one, now, is_its_turn=place % _TURNS == turn % _TURNS)
            if tick is not None:
                ticks.append(tick)
        return ticks

    def settle(self, ticks: Sequence[Tick], now: float) -> None:
        """Notes that *ticks*, which were due at *now*, are stored."""
        for tick in ticks:
            self._open[tick.symbol] = max(self._open[tick.symbol], int(now) // _MINUTE * _MINUTE)

    def _tick(self, one: SimulatedSeries, now: float, *, is_its_turn: bool) -> Tick | None:
        minute, symbol = int(now) // _MINUTE * _MINUTE, one.instrument.symbol
        times = one.minutes.time
        first, end = (int(at) for at in np.searchsorted(times, [self._open[symbol], minute]))
        # A clock that was set back must not open a minute again that is over.
        is_trading = end < len(times) and times[end] == minute and minute >= self._open[symbol]
        if first >= end and not (is_trading and is_its_turn):
            return None
        bars = one.minutes[first:end]
        if is_trading:
            random = random_stream(self._seed, symbol, "seconds", minute)
            bars = _joined(bars, forming_bar(one, end, now - minute, random))
        price, as_of = float(bars.close[-1]), now if is_trading else float(bars.time[-1] + _MINUTE)
        bid, ask = _spread(one, price)
        return Tick(symbol=symbol, bars=bars, price=price, bid=bid, ask=ask, as_of=as_of)


def forming_bar(one: SimulatedSeries, at: int, seconds: float, random: np.random.Generator) -> Bars:
    """
    The minute *at* of a series as it was known so many *seconds* after its start.

    The price goes from its open by both extremes to its close, so that the last second ends where the stored bar does.
    """
    bar = one.minutes[at : at + 1]
    second = min(int(seconds), _MINUTE)
    course = np.round(_course(bar, random), _decimals(one))[: second + 1]
    lots = 10.0**one.volume_decimals
    return Bars(
        time=bar.time,
        open=bar.open,
        high=np.array([course.max()]),
        low=np.array([course.min()]),
        close=course[-1:].copy(),
        volume=np.floor(bar.volume * lots * second / _MINUTE) / lots,
    )


def _course(bar: Bars, random: np.random.Generator) -> Series:
    """The price at the start of a minute and at the end of each of its seconds, shape (61,)."""
    open_, high, low, close = (float(column[0]) for column in (bar.open, bar.high, bar.low, bar.close))
    extremes = (high, low) if random.random() < 0.5 else (low, high)
    knots = [0, int(random.integers(4, 28)), int(random.integers(30, 57)), _MINUTE]
    course = np.interp(np.arange(_MINUTE + 1), knots, [open_, *extremes, close])
    noise = random.standard_normal(_MINUTE + 1) * (_NOISE * (high - low))
    noise[knots] = 0
    return np.asarray(np.clip(course + noise, low, high))


def _spread(one: SimulatedSeries, price: float) -> tuple[float, float]:
    """Bid and ask around a price, in ticks."""
    decimals, half = _decimals(one), price * one.spread / 2
    ticks = 10.0**decimals
    return max(floor((price - half) * ticks), 1) / ticks, ceil((price + half) * ticks) / ticks


def _decimals(one: SimulatedSeries) -> int:
    return 0 if one.instrument.tick_size is None else round(-log10(one.instrument.tick_size))


def _joined(bars: Bars, last: Bars) -> Bars:
    names = ("time", "open", "high", "low", "close", "volume")
    return Bars(**{name: np.concatenate((getattr(bars, name), getattr(last, name))) for name in names})
