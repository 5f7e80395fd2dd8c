"""
Every agent a second time: plain Python from the words of its rule, slow and obvious.

Nothing in here knows TA-Lib, NumPy or the package that it judges. A column is a list of floats whose sign is the vote,
NaN where there is none.
"""

from collections.abc import Callable

from tests.resolvers.compute.agents.oracle.breakout import BREAKOUT
from tests.resolvers.compute.agents.oracle.momentum import MOMENTUM
from tests.resolvers.compute.agents.oracle.pattern import PATTERN
from tests.resolvers.compute.agents.oracle.reversion import REVERSION
from tests.resolvers.compute.agents.oracle.trend import TREND
from tests.resolvers.compute.agents.oracle.volatility import VOLATILITY
from tests.resolvers.compute.agents.oracle.volume import VOLUME
from tests.resolvers.compute.oracle.columns import Column, Given

RULES: dict[str, Callable[[Given], Column]] = {
    **TREND,
    **MOMENTUM,
    **REVERSION,
    **VOLATILITY,
    **VOLUME,
    **BREAKOUT,
    **PATTERN,
}
"""All but the cross-sectional ones, which need more than one series."""
