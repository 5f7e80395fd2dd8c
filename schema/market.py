"""Quotes."""

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

from resolvers.model.instrument import Instrument
from resolvers.model.quote import Quote
from schema.caching import CacheControl
from schema.context import Info
from schema.enums import Source
from schema.node import Node, global_id

if TYPE_CHECKING:
    from schema.instrument import InstrumentType

Hub: TypeAlias = Annotated["InstrumentType", strawberry.lazy("schema.instrument")]


@cache
def _hub_type() -> "type[InstrumentType]":
    from schema.instrument import InstrumentType  # which imports this module

    return InstrumentType


def hub(instrument: Instrument) -> "InstrumentType":
    """*instrument* as the type that leads everywhere."""
    return _hub_type().of(instrument)


@strawberry.type(
    name="Quote",
    description="The latest price of an instrument, in its currency.",
    directives=[CacheControl(max_age=300)],
)
class QuoteType(Node):
    """A stored quote and its instrument."""

    stored: strawberry.Private[Quote]
    of_instrument: strawberry.Private[Instrument]

    @classmethod
    def of(cls, instrument: Instrument, quote: Quote) -> "QuoteType":
        """The quote of *instrument*; its id stays the same, so a client's cache merges updates."""
        return cls(id=global_id("Quote", instrument.symbol), stored=quote, of_instrument=instrument)

    @strawberry.field(description="What is quoted.")
    def instrument(self) -> Hub:
        return hub(self.of_instrument)

    @strawberry.field(description="The latest price.")
    def price(self) -> float:
        return self.stored.price

    @strawberry.field(description="The best price that a buyer offers, if the source says.")
    def bid(self) -> float | None:
        return self.stored.bid

    @strawberry.field(description="The best price that a seller asks, if the source says.")
    def ask(self) -> float | None:
        return self.stored.ask

    @strawberry.field(description="Close of the session before the quote's.")
    def previous_close(self) -> float | None:
        return self.stored.previous_close

    @strawberry.field(description="`price` less `previousClose`.")
    def change(self) -> float | None:
        before = self.stored.previous_close
        return None if before is None else self.stored.price - before

    @strawberry.field(description="`change` in percent of `previousClose`.")
    def change_percent(self) -> float | None:
        before = self.stored.previous_close
        return None if before is None else (self.stored.price / before - 1) * 100

    @strawberry.field(description="Units traded in the quote's session so far, if the source says.")
    def volume(self) -> float | None:
        return self.stored.volume

    @strawberry.field(description="When the price was current.")
    def as_of(self) -> datetime:
        return self.stored.as_of

    @strawberry.field(description="Whether `asOf` is longer ago than a live price would be.")
    def stale(self, info: Info) -> bool:
        services = info.context.services
        begins = self.stored.as_of.timestamp() + services.quote_stale_seconds
        is_stale = begins < services.clock()
        if not is_stale:
            info.context.loaders.trace.holds_until(begins)
        return is_stale

    @strawberry.field(description="Where the price comes from.")
    def source(self) -> Source:
        return self.stored.source
