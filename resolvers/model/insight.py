"""Insights: what facts come to in words, and where the words are from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FRESH_SECONDS = 60.0
FRESH_BY_CONFIDENCE_SECONDS = 30.0
STALE_SECONDS = 60.0


class InsightSource(StrEnum):
    """Who found the words, and for which state."""

    RULES = "RULES"
    MODEL = "MODEL"
    REPEATED = "REPEATED"
    SIMILAR = "SIMILAR"


@dataclass(frozen=True, kw_only=True, slots=True)
class SaidNumber:
    """A number as a sentence has it, the value that it was made of, and the field that this comes from."""

    text: str
    value: float
    field: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """
    One sentence.

    Attributes:
        name: The fact that it is about; *value* and *field* are that fact's.
        numbers: Every number in it, in order.
    """

    name: str
    text: str
    value: float
    field: str
    numbers: tuple[SaidNumber, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What somebody makes of facts: a summary, and a sentence for each point."""

    summary: str
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelWords:
    """
    Words of a model, with the state that they were made for.

    Attributes:
        bar: Of that state, in words; *close*, *rsi* and *trend* were those of then.
        fingerprint: Of its facts.
        confidence: Of its signal, where it was known.
        made_at: When the model had answered, in unix seconds.
    """

    words: Words
    bar: str
    close: float
    rsi: float
    trend: int
    fingerprint: str
    confidence: float | None
    made_at: float

    @property
    def fresh_until(self) -> float:
        """Until when they are given as they are: 60 s, up to 90 s with the confidence of the signal."""
        return self.made_at + FRESH_SECONDS + FRESH_BY_CONFIDENCE_SECONDS * (self.confidence or 0.0)

    @property
    def stale_until(self) -> float:
        """Until when they are given while others are asked for."""
        return self.fresh_until + STALE_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Insight:
    """
    Words for one series at one bar.

    Attributes:
        similarity: How near the state that the words were made for is to the present one, 1 for the same; None for
            words of rules.
        basis: What they were made of, and when.
        made_at: When they were made, in unix seconds.
        present: The values of the facts that points are about, as they are now, by name.
    """

    words: Words
    regime: str | None
    source: InsightSource
    similarity: float | None
    basis: str
    made_at: float
    present: dict[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalTally:
    """
    The signals of a series, counted; what was cancelled is not.

    Attributes:
        buy, sell, hold: How many say each.
        average_confidence: Of those that have one; None where none has.
        average_base_rate: The same of what their confidences are to be held against.
        since: Start of the oldest one's bar.
    """

    buy: int
    sell: int
    hold: int
    average_confidence: float | None
    average_base_rate: float | None
    since: datetime | None

    @property
    def total(self) -> int:
        """All of them."""
        return self.buy + self.sell + self.hold
