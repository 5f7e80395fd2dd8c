"""An agent that comes from elsewhere, tried before it is believed."""

import numpy as np

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.universe import Member, Universe
from resolvers.model.bars import Bars, Series

BARS_AFTER_WARM_UP = 96
_CUTS = 24
_INSTRUMENTS = 12


def fault_of(agent: Agent) -> str | None:
    """
    Why *agent* cannot be used, None where nothing was found.

    It is asked about waves, which nobody can take for prices: whether it answers at all and has something to say,
    answers the same when asked again, and sticks to its votes when the bars after them are taken away. That it passes
    proves nothing about other bars, and nothing about what its votes are worth.
    """
    count = agent.warmup + BARS_AFTER_WARM_UP
    universe = Universe.of({str(number): _waves(count, number) for number in range(_INSTRUMENTS)})
    bars, member = _waves(count, 0), universe.member("0")
    try:
        signs = _signs(agent, bars, member)
        again = _signs(agent, bars, member)
        cut = [_signs(agent, bars[:-less], member) for less in range(1, _CUTS + 1)]
    except (Exception, SystemExit) as error:  # whatever it is, it is the agent's own
        return f"it raised {type(error).__name__}: {error}"
    if np.isnan(signs[agent.warmup :]).all():
        return f"it has nothing to say on any of {BARS_AFTER_WARM_UP} bars after its warm-up of {agent.warmup}"
    if not np.array_equal(signs, again, equal_nan=True):
        return "it does not answer the same when it is asked again"
    for shorter in cut:
        changed = np.flatnonzero(_differs(shorter, signs[: len(shorter)])[agent.warmup :])
        if len(changed):
            return f"its vote on bar {agent.warmup + int(changed[-1])} depends on bars after {len(shorter) - 1}"
    return None


def _signs(agent: Agent, bars: Bars, member: Member | None) -> Series:
    with np.errstate(all="ignore"):
        column = agent.column(Indicators(bars, member))
        return np.where(np.isfinite(column), np.sign(column), np.nan)


def _differs(one: Series, other: Series) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    differs: np.ndarray[tuple[int], np.dtype[np.bool_]] = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return differs


def _waves(count: int, number: int) -> Bars:
    at = np.arange(count)
    close = 100 + 8 * np.sin(at / 9 + number) + 3 * np.sin(at / 2.3) + np.sin(at * (1.1 + number / 7))
    opened = np.concatenate((close[:1], close[:-1])) + 0.3 * np.sin(at * 1.9)
    return Bars(
        time=86_400 * at,
        open=opened,
        high=np.maximum(opened, close) + 0.6 + 0.5 * np.sin(at * 1.7),
        low=np.minimum(opened, close) - 0.6 - 0.5 * np.cos(at * 1.3),
        close=close,
        volume=1000 + 600 * np.sin(at / 3.1 + number),
    )
