"""What agents said in signals, alone and together, as a query asks for it."""

from collections.abc import Awaitable
from typing import NamedTuple

from resolvers.compute.performance import AgentPerformance
from resolvers.compute.rationale import rationale as rationale_of
from resolvers.loaders import Loaders
from resolvers.model.consensus import ConsensusMethod
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.model.roster import Roster, version_of
from resolvers.model.signal import Signal
from resolvers.model.verdict import Verdict
from resolvers.reading.verdicts import Ballot


class KnownPerformance(NamedTuple):
    """What became of an agent's votes, and whether the prices were made up."""

    of: AgentPerformance
    is_simulated: bool


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
    about = await loaders.instrument_by_name.load(signal.symbol)
    if asked is None or signal.votes is None or about is None:
        return None
    market = Market(signal.interval, about.spec.is_simulated)
    return await consensus_of(loaders, asked, market, signal.time, signal.votes, method)


async def consensus_of(
    loaders: Loaders, roster: Roster, market: Market, time: int, votes: bytes, method: ConsensusMethod
) -> Verdict | None:
    """What agents say together about a bar that begins at *time* (unix seconds), as they are known in its market."""
    known = await loaders.known_agents.load((roster.version, market))
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


async def performance(loaders: Loaders, version: str, name: str, interval: Interval) -> KnownPerformance | None:
    """
    What became of the votes of an agent of a version; None where nothing is known.

    Of the real market where anything was counted there, else of the simulated one.
    """
    keys = [(version, Market(interval, is_simulated)) for is_simulated in (False, True)]
    both = await loaders.known_agents.load_many(keys)
    found = await loaders.roster.load(version)
    names = [] if found is None else [one.name for one in found.agents]
    there = [(one, market) for one, (_, market) in zip(both, keys, strict=True) if one is not None]
    if name not in names or not there:
        return None
    known, market = next((one for one in there if one[0].record.since is not None), there[0])
    return KnownPerformance(of=known.performances[names.index(name)], is_simulated=market.is_simulated)
