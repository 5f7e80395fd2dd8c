"""One pass over all agents: who abstains and why, and that nobody can disturb another."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.agents.shared import sma
from resolvers.model.bars import Bars
from resolvers.model.vote import Abstention, AgentFamily
from tests.resolvers.compute.simulated import bars_of, flat_bars, simulated_bars

PROMISED = {
    AgentFamily.TREND: 14,
    AgentFamily.MOMENTUM: 9,
    AgentFamily.MEAN_REVERSION: 9,
    AgentFamily.VOLATILITY: 4,
    AgentFamily.VOLUME: 6,
    AgentFamily.BREAKOUT: 4,
    AgentFamily.PATTERN: 3,
    AgentFamily.CROSS_SECTIONAL: 2,
}


def _agent(evidence: Callable[..., Any], **changes: Any) -> Agent:
    given: dict[str, Any] = {"name": "tried", "family": AgentFamily.TREND, "warmup": 0, "meaning": "A test."}
    return Agent(**{**given, "evidence": evidence, **changes})


def _row(name: str, bars: Bars) -> list[int]:
    found: list[int] = PANEL.votes(bars)[[agent.name for agent in AGENTS].index(name)].tolist()
    return found


def _with_volume(bars: Bars, **values: float) -> Bars:
    volume = bars.volume.copy()
    for at, value in values.items():
        volume[int(at.removeprefix("bar_"))] = value
    return bars_of(bars.open, bars.high, bars.low, bars.close, volume)


def test_there_are_fifty_one_agents_in_eight_families() -> None:
    """In the order of the families."""
    families = [agent.family for agent in AGENTS]
    assert {family: families.count(family) for family in AgentFamily} == PROMISED
    assert families == sorted(families, key=list(AgentFamily).index)
    assert sum(PROMISED.values()) == len(AGENTS) == 51


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_every_agent_says_when_it_votes_which_way(agent: Agent) -> None:
    """In one sentence, with its numbers as parameters, and where its formula comes from at the function."""
    assert agent.meaning.endswith(".")
    assert "uy" in agent.meaning
    assert agent.parameters
    assert agent.evidence.__doc__


def test_codes_are_stored_and_do_not_change() -> None:
    """A signal that was stored with them means the same for good."""
    assert {reason.name: reason.value for reason in Abstention} == {
        "WARM_UP": 2,
        "NO_VOLUME": 3,
        "UNDEFINED": 4,
        "UNIVERSE": 5,
        "FAILED": 6,
    }


def test_votes_are_one_byte_each_and_cannot_be_changed() -> None:
    """They are shared."""
    votes = PANEL.votes(simulated_bars(40))
    assert votes.dtype == np.int8
    assert votes.shape == (51, 40)
    with pytest.raises(ValueError, match="read-only"):
        votes[0, 0] = 1


def test_no_bars_have_no_votes() -> None:
    """And nobody fails for it."""
    assert PANEL.votes(Bars.empty()).shape == (51, 0)
    assert PANEL.votes(simulated_bars(1)).tolist() == [[Abstention.WARM_UP]] * 51
    assert not PANEL.failures


def test_rounding_is_no_opinion() -> None:
    """A price that never moved: nobody sells, and who buys is near a high."""
    votes = PANEL.votes(flat_bars(400, 0.1))
    for agent, row in zip(AGENTS, votes, strict=True):
        assert set(row.tolist()) <= {0, *Abstention} or agent.name == "near_high_252", agent.name


def test_a_place_in_a_range_that_is_none_is_undefined() -> None:
    """The price moved, and then stood still for longer than the look-back."""
    price = np.concatenate([simulated_bars(100).close, np.full(40, 70.1)])
    bars = bars_of(price, price, price, price, np.ones(140))
    for name in ("stochastic", "williams_r", "cci", "percent_b", "ultimate_oscillator", "mfi"):
        assert set(_row(name, bars)[-5:]) == {Abstention.UNDEFINED}, name


@pytest.mark.parametrize("name", [agent.name for agent in AGENTS if agent.needs_volume])
def test_a_missing_volume_silences_who_looks_back_to_it(name: str) -> None:
    """From its bar on for the look-back, and not a bar longer; all others vote as before."""
    bars = simulated_bars(200)
    votes = PANEL.votes(_with_volume(bars, bar_120=np.nan))
    agent = next(one for one in AGENTS if one.name == name)
    row = votes[AGENTS.index(agent)]
    assert (row[120 : 120 + agent.warmup + 1] == Abstention.NO_VOLUME).all()
    assert set(row[120 + agent.warmup + 1 :].tolist()) <= {-1, 0, 1}
    np.testing.assert_array_equal(row[:120], PANEL.votes(bars)[AGENTS.index(agent), :120])


def test_a_missing_volume_is_nothing_to_those_who_look_at_prices() -> None:
    """Bit for bit."""
    bars = simulated_bars(300)
    without = bars_of(bars.open, bars.high, bars.low, bars.close, np.full(300, np.nan))
    at = [agent.needs_volume for agent in AGENTS]
    np.testing.assert_array_equal(PANEL.votes(without)[np.invert(at)], PANEL.votes(bars)[np.invert(at)])
    for agent, row in zip(AGENTS, PANEL.votes(without), strict=True):
        if agent.needs_volume:
            assert set(row[agent.warmup :].tolist()) == {Abstention.NO_VOLUME}


def test_a_bar_without_trades_has_no_vote_by_volume() -> None:
    """On that bar alone, because it is known that nothing was traded."""
    votes = PANEL.votes(_with_volume(simulated_bars(200), bar_150=0.0))
    for agent, row in zip(AGENTS, votes, strict=True):
        silent = np.flatnonzero(row == Abstention.NO_VOLUME).tolist()
        assert silent == ([150] if agent.needs_volume else []), agent.name


def test_without_a_universe_those_who_need_one_say_so() -> None:
    """After their warm-up."""
    row = _row("reversal_5", simulated_bars(10))
    assert row == [Abstention.WARM_UP] * 6 + [Abstention.UNIVERSE] * 4


def _raises(_: Indicators) -> None:
    raise ZeroDivisionError("no range")


def _spoils(of: Indicators) -> Any:
    average = of(sma, 10)
    average[:] = 0.0
    return average


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (_raises, "ZeroDivisionError: no range"),
        (lambda of: of.bars.close[1:], "ValueError: a number for each of 60 bars was expected, found the shape (59,)"),
        (lambda of: 1.0, "ValueError: a number for each of 60 bars was expected, found the shape ()"),
        (lambda of: ["up"] * 60, "ValueError: could not convert string to float: 'up'"),
        (lambda of: None, "ValueError: a number for each of 60 bars was expected, found the shape ()"),
        (lambda of, period: of.bars.close, "TypeError: <lambda>() missing 1 required positional argument: 'period'"),
        (_spoils, "ValueError: assignment destination is read-only"),
    ],
)
def test_an_agent_that_fails_abstains_and_disturbs_nobody(
    evidence: Callable[..., Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On all bars, named with what happened, logged once however often; the others vote as without it."""
    bars = simulated_bars(60)
    panel = Panel([_agent(evidence, warmup=20), *AGENTS])
    with caplog.at_level(logging.ERROR):
        votes = panel.votes(bars)
        panel.votes(bars)
    assert set(votes[0].tolist()) == {Abstention.FAILED}
    np.testing.assert_array_equal(votes[1:], PANEL.votes(bars))
    assert dict(panel.failures) == {"tried": reason}
    assert [record.getMessage().split(",")[0] for record in caplog.records] == ["agent tried failed"]


def test_evidence_that_is_not_finite_is_no_vote() -> None:
    """Neither is infinity."""
    evidence = np.array([1.0, -2.0, 0.0, -0.0, np.nan, np.inf, -np.inf])
    votes = Panel([_agent(lambda _: evidence)]).votes(simulated_bars(7))
    assert votes.tolist() == [[1, -1, 0, 0, 4, 4, 4]]


def test_whole_numbers_and_flags_are_evidence_too() -> None:
    """Whatever NumPy makes numbers of."""
    panel = Panel(
        [
            _agent(lambda of: np.sign(np.diff(of.bars.close, prepend=0)).astype(int)),
            _agent(lambda _: [True] * 5, name="b"),
        ]
    )
    assert panel.votes(simulated_bars(5))[1].tolist() == [1] * 5
    assert not panel.failures


def test_two_agents_of_one_name_are_refused() -> None:
    """A vote has to be somebody's."""
    with pytest.raises(ValueError, match="names of agents must be unique, cci was there more than once"):
        Panel([*AGENTS, replace(AGENTS[0], name="cci")])


@pytest.mark.parametrize(
    "changed",
    [
        AGENTS[:-1],
        (AGENTS[1], AGENTS[0], *AGENTS[2:]),
        (replace(AGENTS[0], name="other"), *AGENTS[1:]),
        (replace(AGENTS[0], parameters={"fast": 10, "slow": 31}), *AGENTS[1:]),
        (replace(AGENTS[0], warmup=30, settles=30), *AGENTS[1:]),
    ],
)
def test_the_version_tells_panels_apart(changed: tuple[Agent, ...]) -> None:
    """Votes of another version are other votes, or in another order."""
    assert Panel(changed).version != PANEL.version == Panel(AGENTS).version
