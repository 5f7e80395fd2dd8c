"""Quotes that clients publish: the good ones are stored, and the others are named."""

from collections.abc import Sequence

from resolvers.compute.bar_rules import VALUE_LIMIT, plain
from resolvers.errors import BadInput
from resolvers.given import GivenQuote, Refusal
from resolvers.model.instrument import Source
from resolvers.model.quote import Quote
from resolvers.publishing import Published, check_size, outcome, real_instruments
from resolvers.services import Services
from resolvers.storage.bars import Written

_CLOCK_SECONDS = 60.0
_FIRST_YEAR = 1800
_PRICES = ("price", "bid", "ask", "previous_close")


async def publish_quotes(services: Services, items: Sequence[GivenQuote]) -> Published:
    """
    Stores the good quotes of *items* in one transaction; of several of one instrument the newest.

    Raises:
        TooLarge: If there are more than one call may bring.
    """
    check_size("quotes", len(items))
    refusals: list[Refusal] = []
    instruments = await real_instruments(services, items, refusals)
    newest: dict[int, Quote] = {}
    accepted = 0
    for index, instrument in instruments.items():
        item = items[index]
        refusal = _refused_quote(index, item, services.clock())
        if refusal is not None:
            refusals.append(refusal)
            continue
        accepted += 1
        other = newest.get(instrument.id)
        if other is None or other.as_of <= item.as_of:
            newest[instrument.id] = Quote(
                instrument_id=instrument.id,
                price=item.price,
                as_of=item.as_of,
                source=Source.PUBLISHED,
                bid=item.bid,
                ask=item.ask,
                previous_close=item.previous_close,
                volume=item.volume,
            )
    written = await services.ingest.quotes(list(newest.values())) if newest else Written()
    return await outcome(services, written, accepted, len(written.quotes), refusals)


def _refused_quote(index: int, item: GivenQuote, now: float) -> Refusal | None:
    for name in _PRICES:
        value = getattr(item, name)
        if value is not None and not 0 < value < VALUE_LIMIT:
            expected = f"must be positive and below {VALUE_LIMIT:g}"
            return _bad(index, name, f"{_camel(name)} {expected}, was {plain(value)}")
    if item.volume is not None and not 0 <= item.volume < VALUE_LIMIT:
        return _bad(index, "volume", f"volume must be at least 0 and below {VALUE_LIMIT:g}, was {plain(item.volume)}")
    if item.bid is not None and item.ask is not None and item.bid > item.ask:
        return _bad(index, "bid", f"bid must be at most the ask {plain(item.ask)}, was {plain(item.bid)}")
    # One from the future would keep out every quote until then.
    if item.as_of.timestamp() > now + _CLOCK_SECONDS or item.as_of.year < _FIRST_YEAR:
        return _bad(index, "as_of", f"asOf must not be in the future, was {item.as_of.isoformat()}")
    return None


def _bad(index: int, name: str, message: str) -> Refusal:
    return Refusal(index=index, error=BadInput(message), path=(_camel(name),))


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
