"""What agents said in signals, alone and together, as a query asks for it."""

from collections.abc import Awaitable

from resolvers.compute.performance import AgentPerformance
from resolvers.compute.rationale import rationale as rationale_of
from resolvers.loaders import Loaders
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.interval import Interval
from resolvers.model.roster import Roster, version_of
from resolvers.model.signal import Signal
from resolvers.model.verdict import Verdict
from resolvers.reading.verdicts import Ballot


async def roster(loaders: Loaders, signal: Signal) -> Roster | None:
    """Who voted in a signal; None where nobody did, or nobody knows any more whose votes these are."""
    version = _voted(signal)
    return None if version is None else _whose(signal, await loaders.roster.load(version))


def _voted(signal: Signal) -> str | None:
    """The version whose agents voted in a signal; None where nobody did."""
    return None if signal.votes is None else version_of(signal.producer)


def _whose(signal: Signal, found: Roster | None) -> Roster | None:
    """The roster that was found for a signal, if its votes are of that many."""
    return None if found is None or len(found.agents) != len(signal.votes or ()) else found


async def consensus(loaders: Loaders, signal: Signal, method: ConsensusMethod) -> Verdict | None:
    """What the agents of a signal say together, as *method* has it; None where nobody voted."""
    asked = await roster(loaders, signal)
    if asked is None or signal.votes is None:
        return None
    return await consensus_of(loaders, asked, signal.interval, signal.time, signal.votes, method)


async def consensus_of(
    loaders: Loaders, roster: Roster, interval: Interval, time: int, votes: bytes, method: ConsensusMethod
) -> Verdict | None:
    """What agents say together about a bar that begins at *time* (unix seconds), by a byte for each of them."""
    known = await loaders.known_agents.load((roster.version, interval))
    return await loaders.verdict.load(Ballot(roster=roster, known=known, time=time, votes=votes, method=method))


def rationale(loaders: Loaders, signal: Signal) -> str | Awaitable[str]:
    """
    Why, in its producer's words, or where it has none, in those that follow from its numbers.

    At once where all that takes is at hand, as the words of a producer always are.
    """
    if signal.rationale is not None:
        return signal.rationale
    version = _voted(signal)
    if version is None:
        return ""

    def written(found: Roster | None) -> str:
        asked = _whose(signal, found)
        return "" if asked is None else rationale_of(signal, asked)

    return loaders.roster.then(version, written)


async def performance(loaders: Loaders, version: str, name: str, interval: Interval) -> AgentPerformance | None:
    """What became of the votes of an agent of a version; None where nothing is known."""
    known = await loaders.known_agents.load((version, interval))
    found = await loaders.roster.load(version)
    if known is None or found is None:
        return None
    names = [one.name for one in found.agents]
    return known.performances[names.index(name)] if name in names else None
