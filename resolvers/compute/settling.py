"""
How many bars a recursive average needs until its first bar is forgotten.

An exponential average of *p* bars keeps ``(1 - 2 / (p + 1)) ** n`` of its seed after *n* bars,
Wilder's ``(1 - 1 / p) ** n``. Both are below 1e-10 after the counts here; the last bits are
for results that are differences of averages, which are small beside the averages themselves.
"""

EXPONENTIAL_SPANS = 14
WILDER_PERIODS = 27


def exponential_bars(period: int, stages: int = 1) -> int:
    """Bars until an average of *stages* exponential passes over *period* bars has settled."""
    # What a pass over a pass remembers is n ** (stages - 1) times more, which two more spans each make up for.
    return stages * (period - 1) + (EXPONENTIAL_SPANS + 2 * (stages - 1)) * (period + 1)


def wilder_bars(period: int, stages: int = 1) -> int:
    """Bars until *stages* of Wilder's smoothing over *period* bars have settled."""
    return stages * period + (WILDER_PERIODS + 4 * (stages - 1)) * period
