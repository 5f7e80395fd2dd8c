"""The newest closed bar of a series, analysed because somebody asks for it now."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from resolvers.compute.families import family_panels, newest_votes
from resolvers.errors import GatewayError, TooLarge, Unavailable
from resolvers.events.position import position_text
from resolvers.given import Refusal
from resolvers.loaders import Loaders
from resolvers.market import instrument
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.roster import Roster
from resolvers.model.signal import Signal
from resolvers.model.vote import Abstention, AgentFamily
from resolvers.publishing import instruments_named
from resolvers.services import Analyst, Services
from resolvers.storage.outbox import stored_position

MAX_SYMBOLS = 100
"""Most series of one call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Analyzed:
    """
    What became of what a client asked for.

    Attributes:
        signals: Those that are stored now, in the order of the symbols.
        refusals: Symbols without one, by index.
        position: A process that has reached it answers with all of them.
    """

    signals: Sequence[Signal]
    refusals: Sequence[Refusal]
    position: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """
    How far the analysis of a bar has come.

    Attributes:
        time: Start of the bar, in unix seconds.
        family: Whose votes have just come; None when all are there and the signal is stored.
        votes: A byte for each agent of the roster; an abstention of those that were not asked yet.
        completed, total: Families that have voted, and all.
        signal: At the end.
    """

    instrument: Instrument
    interval: Interval
    time: int
    roster: Roster
    family: AgentFamily | None
    votes: bytes
    completed: int
    total: int
    signal: Signal | None = None


async def analyze(services: Services, symbols: Sequence[str], interval: Interval) -> Analyzed:
    """
    Makes and stores the signals of the newest closed bars.

    Raises:
        TooLarge: If there are more symbols than one call may bring.
        Unavailable: If the process has no engine.
    """
    if len(symbols) > MAX_SYMBOLS:
        raise TooLarge(f"symbols holds at most {MAX_SYMBOLS} items, {len(symbols)} were given")
    analyst = _analyst(services)
    refusals: list[Refusal] = []
    instruments = await instruments_named(services, symbols, refusals)
    distinct = {one.id: one for one in instruments.values()}
    found: Mapping[int, Signal | GatewayError] = {}
    if distinct:
        found = await analyst.analyze(list(distinct.values()), interval)
    signals = []
    for index, one in instruments.items():
        made = found[one.id]
        if isinstance(made, GatewayError):
            refusals.append(Refusal(index=index, error=made, path=()))
        else:
            signals.append(made)
    return Analyzed(
        signals=signals,
        refusals=sorted(refusals, key=lambda one: one.index),
        position=position_text(services.events.origin, await stored_position(services.pool)),
    )


async def analysis(services: Services, symbol: str, interval: Interval) -> AsyncGenerator[Progress, None]:
    """
    The votes on a series' newest closed bar, family by family, and at last its signal, which is stored then.

    Votes are computed in a thread. Where another bar closes meanwhile, the analysis begins again with that one.

    Raises:
        NotFound: If the symbol is unknown, or no closed bar is stored.
        BadInput: If the engine makes no signals of the interval.
        Unavailable: If the process has no engine.
    """
    analyst = _analyst(services)
    one = await instrument(Loaders(services), symbol)
    while True:
        last: Progress | None = None
        async with aclosing(_families(services.roster, analyst, one, interval)) as steps:
            async for last in steps:
                yield last
        made = (await analyst.analyze([one], interval))[one.id]
        if isinstance(made, GatewayError):
            raise made
        if last is not None and made.time <= last.time:
            yield replace(last, family=None, votes=made.votes or last.votes, signal=made)
            return


async def _families(
    roster: Roster, analyst: Analyst, one: Instrument, interval: Interval
) -> AsyncGenerator[Progress, None]:
    subject = await analyst.subject(one, interval)
    panels = family_panels(analyst.panel)
    votes = bytearray([Abstention.WARM_UP] * len(roster.agents))
    for number, (family, places, panel) in enumerate(panels):
        said = await asyncio.to_thread(newest_votes, panel, subject)
        for place, byte in zip(places.tolist(), said, strict=True):
            votes[place] = byte
        yield Progress(
            instrument=one,
            interval=interval,
            time=int(subject.bars.time[-1]),
            roster=roster,
            family=family,
            votes=bytes(votes),
            completed=number + 1,
            total=len(panels),
        )


def _analyst(services: Services) -> Analyst:
    if services.analyst is None:
        raise Unavailable("signals are made by the gateway's engine, which this process does not have")
    return services.analyst
