"""Opportunities, as a query asks for them."""

from collections.abc import Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import cast

from resolvers.compute.opportunities import ranking
from resolvers.errors import NotFound
from resolvers.loaders import Loaders
from resolvers.model.instrument import Instrument
from resolvers.model.opportunity import Choice, Opportunity, OpportunityConditions, Ranking
from resolvers.model.signal import Signal
from resolvers.reading.opportunities import universe


async def opportunity_of(loaders: Loaders, instrument: Instrument, choice: Choice) -> Opportunity | None:
    """That of an instrument; None where no signal stands for it."""
    return (await ranking_of(loaders, choice)).of_instrument.get(instrument.id)


async def opportunity(loaders: Loaders, instrument: Instrument, choice: Choice) -> Opportunity:
    """
    As `opportunity_of`.

    Raises:
        NotFound: If no signal stands for it.
    """
    found = await opportunity_of(loaders, instrument, choice)
    if found is None:
        raise NotFound(f"no active signal of {instrument.symbol} says BUY or SELL")
    return found


def first_of(ranked: Ranking, conditions: OpportunityConditions, first: int) -> list[Opportunity]:
    """The best *first* of a ranking that are meant."""
    some = _of_instruments(ranked, conditions.instrument_ids)
    return list(islice(filter(conditions.accept, some) if conditions.ask_more else some, first))


async def rankings_of(
    loaders: Loaders, choices: Sequence[Choice], signals: Sequence[Signal] | None = None
) -> Mapping[Choice, Ranking]:
    """The rankings of *choices*; of *signals*, where those are known already."""
    if signals is None:
        found = await loaders.ranking.load_many(choices)
        return {choice: one for choice, one in zip(choices, found, strict=True) if one is not None}
    members, now = await universe(loaders.reads), loaders.services.clock()
    return {choice: ranking(signals, members, choice, now) for choice in choices}


async def ranking_of(loaders: Loaders, choice: Choice) -> Ranking:
    """The ranking of a choice."""
    # Each choice has a ranking, if only an empty one.
    return cast("Ranking", await loaders.ranking.load(choice))


def _of_instruments(ranked: Ranking, ids: frozenset[int] | None) -> Sequence[Opportunity]:
    """Those of the instruments that are meant; of few without a look at the others."""
    if ids is None:
        return ranked.opportunities
    of_instrument = ranked.of_instrument
    if len(ids) < len(of_instrument):
        return sorted([of_instrument[one] for one in ids if one in of_instrument], key=attrgetter("rank"))
    return [one for one in ranked.opportunities if one.signal.instrument_id in ids]
