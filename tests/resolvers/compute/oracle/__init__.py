"""
Every indicator a second time: plain Python from the formulas, slow and obvious.

Nothing in here knows TA-Lib or the package that it judges. A column is a list of floats,
oldest first, NaN where there is no value.
"""

from tests.resolvers.compute.oracle.averages import AVERAGES
from tests.resolvers.compute.oracle.bands import BANDS
from tests.resolvers.compute.oracle.columns import Oracle
from tests.resolvers.compute.oracle.oscillators import OSCILLATORS
from tests.resolvers.compute.oracle.trend import TREND
from tests.resolvers.compute.oracle.volume import VOLUME

ORACLE: dict[str, Oracle] = {**AVERAGES, **BANDS, **OSCILLATORS, **TREND, **VOLUME}
