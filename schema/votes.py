"""What single agents said about a bar."""

from functools import lru_cache
from typing import Final

import strawberry

from resolvers.model.roster import Roster
from resolvers.model.vote import Abstention
from schema.agents import AgentType, agents_of
from schema.enums import AgentFamily

_REASONS: Final = {
    Abstention.WARM_UP: "The series has too few bars yet.",
    Abstention.NO_VOLUME: "Nothing was traded on this bar, or a volume that it looks back to is missing.",
    Abstention.UNDEFINED: "What it looks at has no value here.",
    Abstention.UNIVERSE: "The instrument has no rank among the others: too few can be compared, or it lacks a close.",
    Abstention.FAILED: "It failed.",
}
_UNKNOWN: Final = ("UNKNOWN", "A reason that this gateway does not know yet.")
_KEPT_ROSTERS = 16


@strawberry.type(name="Vote", description="What an agent said about a bar: a vote, or why there is none.")
class VoteType:
    """A vote or an abstention."""

    agent: AgentType = strawberry.field(description="Who said it.")
    vote: int | None = strawberry.field(description="1 for a rise, -1 for a fall, 0 for neither; null without a vote.")
    abstained: str | None = strawberry.field(
        description="Why there is no vote: `WARM_UP`, `NO_VOLUME`, `UNDEFINED`, `UNIVERSE` or `FAILED`; null with one."
    )
    reason: str | None = strawberry.field(description="`abstained` in a sentence.")


def votes_of(roster: Roster, stored: bytes, family: AgentFamily | None = None) -> list[VoteType]:
    """The votes of one bar in the order of the roster, of one family or of all."""
    table = _table(roster)
    return [table[at](byte) for at, byte in enumerate(stored) if family is None or roster.agents[at].family is family]


class _Said(dict[int, VoteType]):
    """All that an agent can say, each made when it is said for the first time: there are ten things."""

    def __init__(self, agent: AgentType) -> None:
        super().__init__()
        self._agent = agent

    def __call__(self, byte: int) -> VoteType:
        """What a stored byte says."""
        found = self.get(byte)
        if found is None:
            found = self[byte] = _vote(self._agent, byte if byte < 128 else byte - 256)
        return found


@lru_cache(maxsize=_KEPT_ROSTERS)
def _table(roster: Roster) -> tuple[_Said, ...]:
    return tuple(_Said(agent) for agent in agents_of(roster))


def _vote(agent: AgentType, value: int) -> VoteType:
    if abs(value) <= 1:
        return VoteType(agent=agent, vote=value, abstained=None, reason=None)
    try:
        why = Abstention(value)
    except ValueError:
        name, reason = _UNKNOWN
    else:
        name, reason = why.name, _REASONS[why]
    return VoteType(agent=agent, vote=None, abstained=name, reason=reason)
