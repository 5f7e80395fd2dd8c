"""What clients publish, and what they are told of it."""

from datetime import datetime

import strawberry

from resolvers.given import Refusal
from resolvers.publishing import Published
from schema.enums import Interval

_EMPTY = strawberry.UNSET


@strawberry.input(name="PublishedBar", description="A bar; one of the same time is replaced by it.")
class PublishedBar:
    """A bar as it is given."""

    time: datetime = strawberry.field(
        description="Its start, on a whole minute; for D1 and W1 00:00 UTC of the date of the session or the Monday."
    )
    open: float = strawberry.field(description="The first price.")
    high: float = strawberry.field(description="The highest price.")
    low: float = strawberry.field(description="The lowest price.")
    close: float = strawberry.field(description="The last price so far.")
    volume: float | None = strawberry.field(default=_EMPTY, description="Units traded so far, if the source says.")

    def __post_init__(self) -> None:
        """What was left out is none."""
        if self.volume is _EMPTY:
            self.volume = None


@strawberry.input(name="PublishedCandles", description="Bars of one series: many at once, or the newest one.")
class PublishedCandles:
    """An item of publishCandles."""

    symbol: str = strawberry.field(description="Symbol or alias of an instrument that exists, in any case.")
    interval: Interval = strawberry.field(description="Length of the bars.")
    bars: list[PublishedBar] = strawberry.field(description="In any order; at least one.")


@strawberry.input(description="Bars to store: any number of series, in one transaction.")
class PublishCandlesInput:
    """Argument of publishCandles."""

    items: list[PublishedCandles] = strawberry.field(description="At most 5000 bars in all items together.")


@strawberry.input(name="PublishedQuote", description="A quote; an older one than is stored changes nothing.")
class PublishedQuote:
    """An item of publishQuotes."""

    symbol: str = strawberry.field(description="Symbol or alias of an instrument that exists, in any case.")
    price: float = strawberry.field(description="The latest price.")
    as_of: datetime = strawberry.field(description="When it was current; not in the future.")
    bid: float | None = strawberry.field(default=_EMPTY, description="The best price that a buyer offers.")
    ask: float | None = strawberry.field(default=_EMPTY, description="The best price that a seller asks.")
    previous_close: float | None = strawberry.field(
        default=_EMPTY, description="Close of the session before; the one of the stored days goes before it."
    )
    volume: float | None = strawberry.field(
        default=_EMPTY, description="Units traded in its session; the volume of the stored day goes before it."
    )

    def __post_init__(self) -> None:
        """What was left out is none."""
        for name in ("bid", "ask", "previous_close", "volume"):
            if getattr(self, name) is _EMPTY:
                setattr(self, name, None)


@strawberry.input(description="Quotes to store, in one transaction.")
class PublishQuotesInput:
    """Argument of publishQuotes."""

    items: list[PublishedQuote] = strawberry.field(
        description="At most 5000; of several of one instrument the newest is stored."
    )


@strawberry.type(description="Why something was not stored.")
class PublishError:
    """A refusal as a client sees it."""

    index: int = strawberry.field(description="Index of the item in `input.items`, or of the symbol in `symbols`.")
    code: str = strawberry.field(description="`NOT_FOUND`, `BAD_INPUT` or `CONFLICT`, as of errors.")
    message: str = strawberry.field(description="What was expected, then what was found.")
    path: list[str] = strawberry.field(
        description='From the argument to what is wrong, such as `["input", "items", "0", "bars", "7", "high"]`.'
    )

    @classmethod
    def of(cls, refusal: Refusal) -> "PublishError":
        """*refusal* with its whole path."""
        return cls.at(refusal, "input", "items")

    @classmethod
    def at(cls, refusal: Refusal, *root: str) -> "PublishError":
        """*refusal* of an item of the list that *root* leads to."""
        path = [*root, str(refusal.index), *map(str, refusal.path)]
        return cls(index=refusal.index, code=refusal.error.code, message=str(refusal.error), path=path)


@strawberry.type(description="What became of what was published. All that was accepted is committed.")
class PublishPayload:
    """The answer of a mutation that publishes."""

    accepted: int = strawberry.field(description="Bars, quotes or signals that were taken.")
    stored: int = strawberry.field(description="Those of them that were new or different.")
    unchanged: int = strawberry.field(
        description="Those that changed nothing: stored already, or a quote that is not the newest."
    )
    errors: list[PublishError] = strawberry.field(description="What was not taken, by index.")
    position: str = strawberry.field(
        description="Where this stands among all changes; opaque. What is accepted here is part of all that follows it."
    )

    @classmethod
    def of(cls, published: Published) -> "PublishPayload":
        """*published* as a client sees it."""
        return cls(
            accepted=published.accepted,
            stored=published.stored,
            unchanged=published.accepted - published.stored,
            errors=[PublishError.of(one) for one in published.refusals],
            position=published.position,
        )
