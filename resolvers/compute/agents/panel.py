"""Agents in an order, and the one pass that asks each of them about every bar of a series."""

import logging
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType

import numpy as np

from resolvers.compute.agents.agent import Agent
from resolvers.compute.agents.catalog import AGENTS
from resolvers.compute.agents.indicators import Indicators
from resolvers.compute.agents.universe import Member
from resolvers.model.bars import Bars, Series
from resolvers.model.vote import Abstention, Votes

_log = logging.getLogger(__name__)


class Panel:
    """
    Agents in a fixed order, which is that of the votes. It may be asked from several threads at once.

    Raises:
        ValueError: If two agents share a name.
    """

    def __init__(self, agents: Iterable[Agent]) -> None:
        self.agents = tuple(agents)
        names = [agent.name for agent in self.agents]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names of agents must be unique, {', '.join(twice)} was there more than once")
        self._failures: dict[str, str] = {}
        unknown = [Abstention.UNIVERSE if agent.needs_universe else Abstention.UNDEFINED for agent in self.agents]
        self._unknown = np.array(unknown, np.int8).reshape(-1, 1)
        self._warmup = np.array([agent.warmup for agent in self.agents], np.int64).reshape(-1, 1)
        self._reach = max((max(agent.warmup, agent.settles or 0) for agent in self.agents), default=0)
        self._by_volume = np.flatnonzero([agent.needs_volume for agent in self.agents])

    @property
    def failures(self) -> Mapping[str, str]:
        """What went wrong last, by the name of the agent that failed; empty while all is well."""
        return MappingProxyType(self._failures)

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with a name, the order, a family, a parameter or a warm-up."""
        said = [(one.name, one.family.value, sorted(one.parameters.items()), one.warmup) for one in self.agents]
        return sha256(repr(said).encode()).hexdigest()[:12]

    def votes(self, bars: Bars, member: Member | None = None, *, last: int | None = None) -> Votes:
        """
        Every agent's vote on every bar, or on the last ones.

        An agent that fails abstains on all bars, is named in `failures` and logged once, and disturbs no other.

        Args:
            bars: The closed bars of a series, from the first stored one on. A vote never depends on a later bar, so
                the votes of the first bars alone are the beginning of those of all.
            member: The instrument among its universe; without it the agents that need one abstain.
            last: Only so many bars, the last ones. Their votes are the same, and come quicker from a long series: who
                settles looks at no more of it than that takes.

        Returns:
            Read-only, shape ``(agents, n)`` or ``(agents, last)``: -1, 0 or 1, or an ``Abstention``.
        """
        count = len(bars) if last is None else min(last, len(bars))
        whole = Indicators(bars, member)
        recent = whole if len(bars) <= self._reach + count else Indicators(bars[-self._reach - count :], member)
        evidence, failed = np.full((len(self.agents), count), np.nan), []
        # An agent may divide by nothing where it has nothing to say.
        with np.errstate(all="ignore"):
            for at, agent in enumerate(self.agents if count else ()):
                of = whole if agent.settles is None else recent
                try:
                    evidence[at] = agent.column(of)[-count:]
                except (Exception, SystemExit) as error:  # whatever it is, it is the agent's own
                    failed.append(at)
                    self._report(agent, error)
        votes = np.subtract(evidence > 0, evidence < 0, dtype=np.int8)
        np.copyto(votes, self._unknown, where=~np.isfinite(evidence))
        self._leave_out_volume(votes, bars.volume)
        bar = np.arange(len(bars) - count, len(bars))
        np.copyto(votes, np.int8(Abstention.WARM_UP), where=bar < self._warmup)
        votes[failed] = Abstention.FAILED
        votes.setflags(write=False)
        return votes

    def _leave_out_volume(self, votes: Votes, volume: Series) -> None:
        count = votes.shape[1]
        silent = ~(volume > 0)
        if silent.any():
            bar, rows = np.arange(len(volume)), self._by_volume
            missing = np.maximum.accumulate(np.where(np.isnan(volume), bar, -self._reach - 1))
            is_within = (bar - missing)[len(volume) - count :] <= self._warmup[rows]
            is_silent = silent[len(volume) - count :] | is_within
            votes[rows] = np.where(is_silent, np.int8(Abstention.NO_VOLUME), votes[rows])

    def _report(self, agent: Agent, error: BaseException) -> None:
        if agent.name not in self._failures:
            _log.error("agent %s failed, and abstains: %r", agent.name, error, exc_info=error)
        self._failures[agent.name] = f"{type(error).__name__}: {error}"


PANEL = Panel(AGENTS)
"""The agents that come with the gateway."""
