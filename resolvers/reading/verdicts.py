"""The consensus of many bars, worked out for all of them together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resolvers.compute.known_agents import KnownAgents
from resolvers.compute.verdicts import verdicts
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.roster import Roster
from resolvers.model.verdict import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Ballot:
    """
    The votes of one bar, to be put together.

    Attributes:
        known: What is known of the agents in the market of the bar, if anything is.
        time: Start of the bar in unix seconds.
        votes: A byte for each agent of the roster.
    """

    roster: Roster
    known: KnownAgents | None
    time: int
    votes: bytes
    method: ConsensusMethod


async def consensus_of(ballots: Sequence[Ballot]) -> Mapping[Ballot, Verdict]:
    """The consensus of each; those of one roster and method in one pass, in a thread."""
    return await asyncio.to_thread(_counted, ballots)


def _counted(ballots: Sequence[Ballot]) -> dict[Ballot, Verdict]:
    alike: dict[tuple[Roster, KnownAgents | None, ConsensusMethod], list[Ballot]] = {}
    for one in ballots:
        alike.setdefault((one.roster, one.known, one.method), []).append(one)
    found: dict[Ballot, Verdict] = {}
    for (roster, known, method), group in alike.items():
        made = verdicts(
            roster, [(one.time, one.votes) for one in group], method, None if known is None else known.reliability
        )
        found.update(zip(group, made, strict=True))
    return found
