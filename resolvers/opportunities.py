"""Opportunities, as a query asks for them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import cast

from resolvers.compute.opportunities import ranking
from resolvers.errors import NotFound
from resolvers.loaders import Loaders
from resolvers.model.instrument import Instrument
from resolvers.model.opportunity import Choice, Opportunity, OpportunityConditions, Ranking
from resolvers.model.signal import Signal
from resolvers.reading.opportunities import universe


async def opportunities(loaders: Loaders, conditions: OpportunityConditions, first: int) -> list[Opportunity]:
    """The best *first* that are meant, in the order of their ranks."""
    return first_of(await ranking_of(loaders, conditions.choice), conditions, first)


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
    return list(islice(_meant(ranked, conditions), first))


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


def _meant(ranked: Ranking, conditions: OpportunityConditions) -> Iterator[Opportunity]:
    """Those that are meant; of few instruments without a look at the others."""
    ids = conditions.instrument_ids
    some: Sequence[Opportunity] = ranked.opportunities
    if ids is not None and len(ids) < len(some):
        of_instrument = ranked.of_instrument
        some = sorted((of_instrument[one] for one in ids if one in of_instrument), key=lambda one: one.rank)
    return (one for one in some if conditions.accept(one))
