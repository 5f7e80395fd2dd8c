"""What agents say about a bar: a vote, or why there is none."""

from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

Votes = npt.NDArray[np.int8]
"""One row for each agent and one column for each bar: -1, 0 or 1, or an ``Abstention``."""


class AgentFamily(StrEnum):
    """What kind of thing an agent looks at; the consensus hears every family alike."""

    TREND = "TREND"
    MOMENTUM = "MOMENTUM"
    MEAN_REVERSION = "MEAN_REVERSION"
    VOLATILITY = "VOLATILITY"
    VOLUME = "VOLUME"
    BREAKOUT = "BREAKOUT"
    PATTERN = "PATTERN"
    CROSS_SECTIONAL = "CROSS_SECTIONAL"


class Abstention(IntEnum):
    """
    Why an agent has no vote on a bar; beside -1, 0 and 1 in one signed byte.

    The numbers are stored with signals: they stay as they are, and new ones are added at the end.
    """

    WARM_UP = 2
    """It needs more bars than came before this one."""
    NO_VOLUME = 3
    """It looks at volumes, and nothing was traded, or that of this bar or one that it looks back to is missing."""
    UNDEFINED = 4
    """What it looks at has no value here, such as the place of a price in a range that is a single price."""
    UNIVERSE = 5
    """The instrument has no rank among its universe: that is too small, or it was not there at one of the moments."""
    FAILED = 6
    """It raised an error, or answered with something that is no column of numbers."""
