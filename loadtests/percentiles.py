"""Percentiles of measured times."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """
    The smallest of *values* that at least *percent* of them do not exceed (nearest rank).

    No interpolation: what is reported was measured, and with few values the highest percentiles are the maximum.

    Raises:
        ValueError: If there are no values, or *percent* is not in (0, 100].
    """
    if not values:
        raise ValueError("a percentile needs at least 1 value, 0 were given")
    if not 0 < percent <= 100:
        raise ValueError(f"percent must be above 0 and at most 100, was {percent}")
    # Rounded first: 99.9 % of 1,000 is 999.0000000000001 in floating point, and not the 1,000th.
    rank = math.ceil(round(percent * len(values) / 100, 9))
    return sorted(values)[max(rank, 1) - 1]
