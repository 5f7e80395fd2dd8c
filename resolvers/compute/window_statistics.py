"""What a window of bars amounts to."""

from dataclasses import dataclass

import numpy as np

from resolvers.model.bars import Bars


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowStatistics:
    """
    Figures over the bars of a window; None where the window is too short or volumes are missing.

    Attributes:
        change: Last close less first open, in the instrument's currency.
        change_percent: The same in percent of the first open.
        volatility_percent: Sample standard deviation of the bars' log returns, in percent per bar.
        max_drawdown_percent: Largest fall of the close from an earlier close, in percent, at least 0.
    """

    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    change: float | None = None
    change_percent: float | None = None
    mean_close: float | None = None
    total_volume: float | None = None
    mean_volume: float | None = None
    volatility_percent: float | None = None
    max_drawdown_percent: float | None = None


def window_statistics(bars: Bars) -> WindowStatistics:
    """The statistics of *bars*; all None where there are none."""
    if not len(bars):
        return WindowStatistics()
    first, last = float(bars.open[0]), float(bars.close[-1])
    returns = np.diff(np.log(bars.close))
    fall = 1 - bars.close / np.maximum.accumulate(bars.close)
    volume = float(bars.volume.sum())
    has_volume = bool(np.isfinite(volume))
    return WindowStatistics(
        open=first,
        high=float(bars.high.max()),
        low=float(bars.low.min()),
        close=last,
        change=last - first,
        change_percent=(last / first - 1) * 100,
        mean_close=float(bars.close.mean()),
        total_volume=volume if has_volume else None,
        mean_volume=volume / len(bars) if has_volume else None,
        volatility_percent=float(returns.std(ddof=1)) * 100 if len(returns) > 1 else None,
        max_drawdown_percent=float(fall.max()) * 100,
    )
