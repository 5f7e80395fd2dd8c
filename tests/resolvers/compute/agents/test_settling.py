"""Where a series begins matters no longer than the catalog says."""

from pathlib import Path

import numpy as np
import pytest

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.agents.rules import earlier
from resolvers.compute.agents.shared import change
from resolvers.model.bars import Bars, Series
from resolvers.model.vote import Abstention, AgentFamily
from tests.resolvers.compute.agents.market import real_market
from tests.resolvers.compute.real import real_series
from tests.resolvers.compute.simulated import bars_of, simulated_bars

PATH_DEPENDENT = {"kama_slope", "parabolic_sar", "chandelier", "supertrend", "donchian_20", "donchian_55"}


def _assert_settled(bars: Bars, starts: list[int]) -> None:
    whole = PANEL.votes(bars)
    for start in starts:
        late = PANEL.votes(bars[start:])
        for agent, votes, expected in zip(AGENTS, late, whole, strict=True):
            if agent.settles is not None:
                message = f"{agent.name} from bar {start} on"
                np.testing.assert_array_equal(
                    votes[agent.settles :], expected[start + agent.settles :], err_msg=message
                )


def test_only_the_path_dependent_ones_never_settle() -> None:
    """Those whose state, or whose speed, comes from all that was before."""
    assert {agent.name for agent in AGENTS if agent.settles is None} == PATH_DEPENDENT


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_bars(seed: int) -> None:
    """The same votes from any beginning, once settled."""
    _assert_settled(simulated_bars(3000, seed=seed), [1, 17, 260, 1001, 1999])


def test_real_bars(real_prices: Path) -> None:
    """Days of large caps, hours of currencies, minutes."""
    for bars in real_market(real_prices).values():
        _assert_settled(bars, [1, 111, 400])
    for name in ("USDJPY", "XAUUSD", "spy-1min.csv"):
        _assert_settled(real_series(real_prices)[name][0], [3, 700])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_warm_up_is_as_the_catalog_says(seed: int) -> None:
    """That many bars of abstention, and a vote on the next one; the others are tested with the universe."""
    votes = PANEL.votes(simulated_bars(320, seed=seed))
    for agent, row in zip(AGENTS, votes, strict=True):
        assert (row[: agent.warmup] == Abstention.WARM_UP).all()
        if not agent.needs_universe:
            assert row[agent.warmup] in (-1, 0, 1), agent.name


@pytest.mark.parametrize("agent", [one for one in AGENTS if not one.needs_universe], ids=lambda one: one.name)
def test_the_warm_up_ends_with_the_first_value(agent: Agent) -> None:
    """One that is longer than it must be would hide votes."""
    with np.errstate(all="ignore"):
        evidence = agent.evidence(Indicators(simulated_bars(320)), **agent.parameters)
    assert np.isnan(evidence[: agent.warmup]).all()
    assert np.isfinite(evidence[agent.warmup])


@pytest.mark.parametrize("count", [0, 1, 3, 500, 1999, 2000, 2001])
def test_the_last_bars_alone(count: int) -> None:
    """As they are among all, with volumes missing and bars without trades far back and near the end."""
    walk = simulated_bars(2000, seed=9)
    volume = walk.volume.copy()
    volume[[100, 1990]] = np.nan
    volume[[101, 1998]] = 0.0
    bars = bars_of(walk.open, walk.high, walk.low, walk.close, volume)
    found = PANEL.votes(bars, last=count)
    np.testing.assert_array_equal(found, PANEL.votes(bars)[:, 2000 - min(count, 2000) :])


def test_the_last_real_bars_alone(real_prices: Path) -> None:
    """For each large company and some hours, at several ends."""
    series = [*real_market(real_prices).values(), real_series(real_prices)["USDJPY"][0]]
    for bars in series:
        for end in (len(bars), len(bars) - 17, 900, 40):
            found = PANEL.votes(bars[:end], last=2)
            np.testing.assert_array_equal(found, PANEL.votes(bars[:end])[:, -2:])


def test_the_last_bars_are_given_all_that_their_agents_need() -> None:
    """One that looks at a change 40 bars ago, beside one that needs less, has it for each of the bars asked for."""

    def long_ago(of: Indicators, bars: int) -> Series:
        return earlier(of(change, 1), bars)

    given = {"family": AgentFamily.TREND, "meaning": "A test.", "evidence": long_ago}
    far = Agent(name="far", parameters={"bars": 40}, warmup=41, settles=41, **given)  # type: ignore[arg-type]
    near = Agent(name="near", parameters={"bars": 3}, warmup=4, settles=4, **given)  # type: ignore[arg-type]
    panel, bars = Panel([near, far]), simulated_bars(200)
    for count in (1, 5):
        np.testing.assert_array_equal(panel.votes(bars, last=count), panel.votes(bars)[:, -count:])
