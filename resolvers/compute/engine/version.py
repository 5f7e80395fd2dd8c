"""What the engine's signals are called, and when they are called something else."""

from hashlib import sha256

from resolvers.compute.agents.panel import Panel
from resolvers.compute.engine.levels import ATR_BARS, STOP_RANGES, TARGET_RANGES

_RULES = 2
"""Raised when the same bars give other signals for a reason that nothing else here tells of."""


def engine_version(panel: Panel, horizon: int) -> str:
    """
    Twelve hexadecimal digits that change with the panel, the horizon in bars, or the engine's own constants.

    Signals of another version are those of another producer, so nothing that was said is changed in silence.
    """
    said = (_RULES, panel.version, horizon, ATR_BARS, STOP_RANGES, TARGET_RANGES)
    return sha256(repr(said).encode()).hexdigest()[:12]
