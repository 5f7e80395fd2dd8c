"""The agents that come with the gateway, in the order of their votes."""

from resolvers.compute.agents.breakout import BREAKOUT
from resolvers.compute.agents.cross_sectional import CROSS_SECTIONAL
from resolvers.compute.agents.mean_reversion import MEAN_REVERSION
from resolvers.compute.agents.momentum import MOMENTUM
from resolvers.compute.agents.pattern import PATTERN
from resolvers.compute.agents.trend import TREND
from resolvers.compute.agents.volatility import VOLATILITY
from resolvers.compute.agents.volume import VOLUME

AGENTS = (*TREND, *MOMENTUM, *MEAN_REVERSION, *VOLATILITY, *VOLUME, *BREAKOUT, *PATTERN, *CROSS_SECTIONAL)
