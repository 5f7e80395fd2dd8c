"""How the votes of many agents become one score."""

from enum import StrEnum


class ConsensusMethod(StrEnum):
    """What an agent's vote weighs."""

    FAMILY_MEAN = "FAMILY_MEAN"
    """Every family the same, and within a family every agent that votes."""
    MAJORITY = "MAJORITY"
    """Every agent that votes the same."""
    CONFIDENCE_WEIGHTED = "CONFIDENCE_WEIGHTED"
    """As often as the agent has been right."""
    LOG_ODDS = "LOG_ODDS"
    """The logarithm of its odds of being right, which is negative for one that was mostly wrong."""
