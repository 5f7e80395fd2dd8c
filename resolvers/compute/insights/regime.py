"""The regime of a market: which of a few named rules holds."""

import math
from enum import StrEnum

TRENDING_ADX = 25.0
"""From this ADX(14) on there is a trend (Wilder 1978, New Concepts in Technical Trading Systems)."""

RANGING_ADX = 20.0
"""Below this ADX(14) there is none (Wilder 1978)."""

VOLATILE_TIMES = 1.5
"""So many times its median of the last 252 bars makes the average true range large; a choice of ours."""


class Regime(StrEnum):
    """What the market is doing, by the first rule that holds."""

    TRENDING_UP = "TRENDING_UP"
    TRENDING_DOWN = "TRENDING_DOWN"
    VOLATILE = "VOLATILE"
    RANGING = "RANGING"
    UNDECIDED = "UNDECIDED"


def regime_of(*, adx: float, trend: int, atr_times: float) -> Regime | None:
    """
    The regime; None where the ADX is not known.

    Args:
        adx: ADX(14), NaN where it is not known.
        trend: As of `Facts`.
        atr_times: The average true range in units of its median, NaN where it is not known.
    """
    if math.isnan(adx):
        return None
    if adx >= TRENDING_ADX and trend:
        return Regime.TRENDING_UP if trend > 0 else Regime.TRENDING_DOWN
    if atr_times >= VOLATILE_TIMES:
        return Regime.VOLATILE
    return Regime.RANGING if adx < RANGING_ADX else Regime.UNDECIDED
