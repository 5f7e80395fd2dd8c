"""The model's enumerations as GraphQL enums, with a sentence for each value."""

from enum import Enum
from typing import Any

import strawberry

from resolvers.model.consensus import ConsensusMethod
from resolvers.model.insight import InsightSource
from resolvers.model.instrument import AssetClass, Source
from resolvers.model.interval import Interval
from resolvers.model.measured import MeasureUnit
from resolvers.model.opportunity import OpportunityPart
from resolvers.model.price_field import PriceField
from resolvers.model.signal import Direction, SignalStatus, Strength
from resolvers.model.signal_page import SignalOrder
from resolvers.model.vote import AgentFamily

# Whoever annotates a field with one of these takes it from here: strawberry makes a second definition of
# an enum that it meets before it was told of it.
__all__ = [
    "AgentFamily",
    "AssetClass",
    "ConsensusMethod",
    "Direction",
    "InsightSource",
    "Interval",
    "MeasureUnit",
    "OpportunityPart",
    "PriceField",
    "SignalOrder",
    "SignalStatus",
    "Source",
    "Strength",
]

_VALUES: dict[type[Enum], dict[str, str]] = {
    AgentFamily: {
        "TREND": "Which way the price has gone, by averages and their like.",
        "MOMENTUM": "How strongly it goes there.",
        "MEAN_REVERSION": "Whether it has gone so far that it may come back.",
        "VOLATILITY": "How widely it swings, and out of what.",
        "VOLUME": "What was traded along with it.",
        "BREAKOUT": "Whether it has left a range.",
        "PATTERN": "Shapes of the last few candles.",
        "CROSS_SECTIONAL": "How it did among all instruments of the interval, real or simulated as it is.",
    },
    ConsensusMethod: {
        "FAMILY_MEAN": "Every family the same, and within a family every agent that votes: the score of a signal.",
        "MAJORITY": "Every agent that votes the same.",
        "CONFIDENCE_WEIGHTED": "Each agent as often as it was right, as far as that was known at the bar.",
        "LOG_ODDS": (
            "Each agent by the logarithm of its odds of being right, negative for one that was mostly wrong; the score"
            " is the probability of a rise less that of a fall, with the agents' correlations allowed for."
        ),
    },
    MeasureUnit: {
        "PRICE": "As the instrument's price.",
        "SCALE_100": "From 0 to 100.",
        "SHARE": "A share of something: 0.05 is five in a hundred.",
        "MULTIPLE": "A multiple of what is usual: 1 is usual.",
    },
    Interval: {
        "M1": "One minute.",
        "M5": "Five minutes.",
        "M15": "Fifteen minutes.",
        "M30": "Thirty minutes.",
        "H1": "One hour.",
        "H4": "Four hours, aligned to UTC.",
        "D1": "One session; `time` is 00:00 UTC of its date.",
        "W1": "One week of sessions; `time` is 00:00 UTC of its Monday.",
    },
    AssetClass: {
        "EQUITY": "Shares of a company.",
        "ETF": "Shares of an exchange-traded fund.",
        "INDEX": "A computed index; it cannot be bought itself.",
        "FX": "One currency in units of another.",
        "CRYPTO": "A crypto asset.",
        "COMMODITY": "Metals, energy, farm products.",
    },
    Source: {
        "FILE": "Imported from a file.",
        "FEED": "Received from an exchange's feed.",
        "PUBLISHED": "Published through this API.",
        "SIMULATED": "Made up by the simulated market: no real price of anything.",
    },
    InsightSource: {
        "RULES": "Rules, for the present state.",
        "MODEL": "A language model, asked for this answer, for the present state.",
        "REPEATED": "A language model, asked for an earlier answer, for the same facts.",
        "SIMILAR": "A language model, for a state near the present one; `basis` says which, and has its numbers.",
    },
    PriceField: {
        "OPEN": "The first price.",
        "HIGH": "The highest price.",
        "LOW": "The lowest price.",
        "CLOSE": "The last price.",
        "MEDIAN": "(high + low) / 2.",
        "TYPICAL": "(high + low + close) / 3.",
    },
    Direction: {
        "BUY": "The price is expected to rise.",
        "SELL": "The price is expected to fall.",
        "HOLD": "Neither is expected.",
    },
    Strength: {
        "WEAK": "Little speaks for it.",
        "MODERATE": "More speaks for it than against it.",
        "STRONG": "Much speaks for it.",
    },
    SignalOrder: {
        "NEWEST": "Latest bar first.",
        "OLDEST": "Earliest bar first.",
    },
    OpportunityPart: {
        "SCORE": "The size of the signal's score.",
        "CONFIDENCE": "How far the signal's confidence is above its base rate.",
        "REWARD": "The expected move against the risk.",
        "LIQUIDITY": "How much the instrument is traded, among those of its currency.",
        "FRESHNESS": "The share of the signal's life that is left.",
    },
    SignalStatus: {
        "ACTIVE": "The newest of its producer for its instrument and interval, until `validUntil`.",
        "EXPIRED": "`validUntil` has passed, and nothing newer has come.",
        "SUPERSEDED": "Its producer has a signal of a later bar of the same instrument and interval.",
        "CANCELLED": "Withdrawn by its producer.",
    },
}


_DESCRIPTIONS: dict[type[Enum], str] = {
    AgentFamily: "What kind of thing an agent looks at.",
    ConsensusMethod: "What an agent's vote weighs.",
    MeasureUnit: "What a measure is counted in.",
    Interval: "Length of a bar.",
    AssetClass: "What kind of thing is traded.",
    Source: "Where prices come from. One series has one source for good.",
    PriceField: "Which price of a bar an indicator is computed from.",
    Direction: "Which way a price is expected to go. It is no advice.",
    Strength: "How clear a signal is, in its producer's words.",
    InsightSource: "Who found the words of an insight, and for which state.",
    OpportunityPart: "What the score of an opportunity is made of.",
    SignalOrder: "The order of signals, by the time of the bar.",
    SignalStatus: "Whether a signal still stands, when it is read.",
}

for _enum, _description in _DESCRIPTIONS.items():
    _definition: Any = strawberry.enum(_enum, description=_description).__strawberry_definition__  # type: ignore[attr-defined]
    for _value in _definition.values:
        _value.description = _VALUES[_enum][_value.name]
