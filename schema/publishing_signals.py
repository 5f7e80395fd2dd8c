"""Signals as clients publish them."""

from datetime import datetime

import strawberry

from schema.enums import Direction, Interval, Strength

_EMPTY = strawberry.UNSET


@strawberry.input(name="PublishedSignal", description="A signal; what is not known is left out.")
class PublishedSignal:
    """An item of publishSignals."""

    symbol: str = strawberry.field(description="Symbol or alias of an instrument that exists, in any case.")
    interval: Interval = strawberry.field(description="Length of the bars that it is about.")
    bar_time: datetime = strawberry.field(description="Start of the bar that it was made on.")
    direction: Direction = strawberry.field(description="Which way the price is expected to go.")
    strength: Strength = strawberry.field(description="How clear it is.")
    score: float = strawberry.field(description="From -1 (sell) to 1 (buy).")
    agreement: float = strawberry.field(description="How much of what was asked agrees, from 0 to 1.")
    price: float = strawberry.field(description="The last price when it was made.")
    rationale: str = strawberry.field(description="Why, in words; up to 4000 characters.")
    key: str | None = strawberry.field(
        default=_EMPTY,
        description=(
            "What the producer calls it. Given again, it is the same signal, said anew."
            " Without one, there is one signal for each series and bar."
        ),
    )
    confidence: float | None = strawberry.field(
        default=_EMPTY, description="How often such a signal was right, from 0 to 1, where that is known."
    )
    entry: float | None = strawberry.field(default=_EMPTY, description="At which price to begin.")
    stop: float | None = strawberry.field(default=_EMPTY, description="At which price it was wrong.")
    target: float | None = strawberry.field(default=_EMPTY, description="At which price it was right.")
    horizon_bars: int | None = strawberry.field(default=_EMPTY, description="After how many bars it is to be judged.")
    valid_until: datetime | None = strawberry.field(
        default=_EMPTY, description="When it ends by itself; without it, only a newer signal ends it."
    )
    is_cancelled: bool = strawberry.field(default=False, description="Whether it is withdrawn.")

    def __post_init__(self) -> None:
        """What was left out is none."""
        for name in ("key", "confidence", "entry", "stop", "target", "horizon_bars", "valid_until"):
            if getattr(self, name) is _EMPTY:
                setattr(self, name, None)


@strawberry.input(description="Signals to store, in one transaction.")
class PublishSignalsInput:
    """Argument of publishSignals."""

    producer: str = strawberry.field(
        description="Who made them, with the version of what made them; not one that begins with `gateway`."
    )
    items: list[PublishedSignal] = strawberry.field(description="At most 5000, in the order in which they are told.")
