"""Insights: words that can be checked."""

import math
from datetime import UTC, datetime
from typing import Any, Final

import strawberry

from resolvers import insights
from resolvers.model.insight import Insight, Point, SaidNumber, SignalTally
from resolvers.model.insight import InsightSource as Source
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.signal import Signal
from schema.caching import CacheControl
from schema.context import Info
from schema.cost import Cost, ListSize
from schema.enums import InsightSource
from schema.node import Node, global_id

DISCLAIMER: Final = (
    "Computed from stored prices, for information only. It describes what was, and is no forecast and no advice:"
    " nothing in it says that anybody will earn or lose money."
)

# A window of some eight hundred bars, its indicators and the sentences.
INSIGHT: Final[dict[str, Any]] = {"directives": [Cost(weight="300")]}
_COUNTS: Final[dict[str, Any]] = {"directives": [Cost(weight="500")]}
_POINTS: Final[dict[str, Any]] = {"directives": [ListSize(assumed_size=9)]}
_NUMBERS: Final[dict[str, Any]] = {"directives": [ListSize(assumed_size=4)]}


@strawberry.type(name="InsightNumber", description="A number in a sentence, and where it comes from.")
class InsightNumber:
    """A number as a sentence has it."""

    said: strawberry.Private[SaidNumber]

    @strawberry.field(description="As the sentence has it, rounded.")
    def text(self) -> str:
        return self.said.text

    @strawberry.field(description="What was rounded; percentages are 1.5 for 1.5 %.")
    def value(self) -> float:
        return self.said.value

    @strawberry.field(
        description="The field of `Instrument`, or for a signal's own numbers of `Signal`, that it is or is made of."
    )
    def field(self) -> str:
        return self.said.field


@strawberry.type(name="InsightPoint", description="One sentence, with what is needed to check it.")
class InsightPoint:
    """A sentence about one fact."""

    said: strawberry.Private[Point]
    present: strawberry.Private[float | None]

    @strawberry.field(description="The sentence.")
    def text(self) -> str:
        return self.said.text

    @strawberry.field(
        description="The number that it is about, in the state that the words were made for; percentages are 1.5 for"
        " 1.5 %."
    )
    def value(self) -> float:
        return self.said.value

    @strawberry.field(
        description="That number now: another one where `source` is `SIMILAR`; null where it is not known."
    )
    def current_value(self) -> float | None:
        return self.present

    @strawberry.field(
        description="The field that it is, or is computed from, such as `candles.columns.rsi(period: 14)`."
    )
    def field(self) -> str:
        return self.said.field

    @strawberry.field(description="Every number in the sentence, in its order.", **_NUMBERS)
    def numbers(self) -> list[InsightNumber]:
        return [InsightNumber(said=one) for one in self.said.numbers]


@strawberry.type(
    name="SignalCounts",
    description="The signals of an instrument and an interval, whoever made them, counted without cancelled ones.",
)
class SignalCounts:
    """A tally."""

    tally: strawberry.Private[SignalTally]

    @strawberry.field(description="All of them.")
    def total(self) -> int:
        return self.tally.total

    @strawberry.field(description="Those that say `BUY`.")
    def buy(self) -> int:
        return self.tally.buy

    @strawberry.field(description="Those that say `SELL`.")
    def sell(self) -> int:
        return self.tally.sell

    @strawberry.field(description="Those that say `HOLD`.")
    def hold(self) -> int:
        return self.tally.hold

    @strawberry.field(description="Mean confidence of those that have one; null where none has.")
    def average_confidence(self) -> float | None:
        return self.tally.average_confidence

    @strawberry.field(
        description="Mean base rate of those that have one; null where none has. A mean confidence below it says that"
        " such signals were worse than none."
    )
    def average_base_rate(self) -> float | None:
        return self.tally.average_base_rate

    @strawberry.field(description="Start of the bar of the oldest one; null where there is none.")
    def since(self) -> datetime | None:
        return self.tally.since


@strawberry.type(
    name="Insight",
    description="A market in words whose numbers can be checked. By rules, or by a language model where one is set.",
    directives=[CacheControl(max_age=30)],
)
class InsightType(Node):
    """Words for one series at one bar."""

    found: strawberry.Private[Insight]
    series: strawberry.Private[tuple[int, Interval]]

    @strawberry.field(description="The most important in a sentence or two.")
    def summary(self) -> str:
        return self.found.words.summary

    @strawberry.field(description="A sentence about each thing that is known.", **_POINTS)
    def points(self) -> list[InsightPoint]:
        present = self.found.present
        return [InsightPoint(said=one, present=present.get(one.name)) for one in self.found.words.points]

    @strawberry.field(
        description="What the market is doing now, by the first rule that holds: `TRENDING_UP`, `TRENDING_DOWN`,"
        " `VOLATILE`, `RANGING` or `UNDECIDED`; null where too few bars are stored for an ADX."
    )
    def regime(self) -> str | None:
        return self.found.regime

    @strawberry.field(description="Who found the words, and for which state.")
    def source(self) -> InsightSource:
        return self.found.source

    @strawberry.field(
        description="How near the state that the words were made for is to the present one, from 0 to 1, which is the"
        " same; null for words of rules."
    )
    def similarity(self) -> float | None:
        return self.found.similarity

    @strawberry.field(
        description="How long ago the words were made, in whole seconds; 0 for words of rules, which are those of the"
        " present state."
    )
    def age_seconds(self, info: Info) -> float:
        if self.found.source is Source.RULES:
            return 0.0
        age = max(0, math.floor(info.context.services.clock() - self.found.made_at))
        info.context.loaders.trace.holds_until(self.found.made_at + age + 1)
        return float(age)

    @strawberry.field(description="What the words, and the numbers in them, were made of: which bar, and when.")
    def basis(self) -> str:
        return self.found.basis

    @strawberry.field(description="The signals of the instrument and the interval, counted.", **_COUNTS)
    async def signal_counts(self, info: Info) -> SignalCounts:
        tally = await info.context.loaders.signal_tally.load(self.series)
        nothing = SignalTally(buy=0, sell=0, hold=0, average_confidence=None, average_base_rate=None, since=None)
        return SignalCounts(tally=tally or nothing)

    @strawberry.field(description="When the words were made.")
    def generated_at(self) -> datetime:
        return datetime.fromtimestamp(self.found.made_at, UTC)

    @strawberry.field(description="What it is not; to be shown with it.")
    def disclaimer(self) -> str:
        return DISCLAIMER


async def instrument_insight(info: Info, instrument: Instrument, interval: Interval) -> InsightType | None:
    """The insight on the newest closed bar of an instrument's interval."""
    found = await insights.insight_of_instrument(info.context.loaders, instrument, interval)
    name = global_id("Insight", instrument.symbol, interval.name)
    return None if found is None else InsightType(id=name, found=found, series=(instrument.id, interval))


async def signal_insight(info: Info, signal: Signal) -> InsightType | None:
    """The insight on a signal, at its bar."""
    found = await insights.insight_of_signal(info.context.loaders, signal)
    name = global_id("Insight", signal.time, signal.digest)
    return None if found is None else InsightType(id=name, found=found, series=(signal.instrument_id, signal.interval))
