"""Which signals are asked for, and a page of their list."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Self

from resolvers.errors import BadInput
from resolvers.model.event import SIGNALS, signals_subject
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, Signal, SignalStatus
from resolvers.model.stored_text import is_storable

_FEW: Final = 20
"""More instruments than these are so many that one of them moves all the time."""


class SignalKey(NamedTuple):
    """What finds a signal, and its place among all: the time of its bar in unix seconds, and its digest."""

    time: int
    digest: str


class SignalOrder(StrEnum):
    """By the time of the bar."""

    NEWEST = "NEWEST"
    OLDEST = "OLDEST"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalConditions:
    """
    Conditions on signals, which all must hold.

    Raises:
        BadInput: If no signal can be meant.

    Attributes:
        instrument_ids: One of these.
        min_confidence: At least so confident; one that does not say is not.
        min_score: A score of at least this size, whichever the direction.
        start, end: The time of the bar is from *start* on, and before *end*.
        is_of_present: Not of an engine that another version has replaced; a condition on pages alone.
    """

    instrument_ids: tuple[int, ...] | None = None
    interval: Interval | None = None
    direction: Direction | None = None
    status: SignalStatus | None = None
    min_confidence: float | None = None
    min_score: float | None = None
    producer: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    is_of_present: bool = False

    def __post_init__(self) -> None:
        """Refuses what cannot be looked for."""
        if self.producer is not None and not is_storable(self.producer):
            raise BadInput(f"producer must be text without NUL, was {self.producer[:40]!r}")
        for name, value in (("minConfidence", self.min_confidence), ("minScore", self.min_score)):
            if value is not None and not 0 <= value <= 1:
                raise BadInput(f"{name} must be from 0 to 1, was {value}")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise BadInput(f"from must be before to, were {self.start.isoformat()} and {self.end.isoformat()}")

    @property
    def follow_the_clock(self) -> bool:
        """Whether what is meant changes without anything being written."""
        return self.status in (SignalStatus.ACTIVE, SignalStatus.EXPIRED)

    @property
    def are_none(self) -> bool:
        """Whether every signal of the instruments is meant."""
        return self == SignalConditions(instrument_ids=self.instrument_ids)

    @property
    def instrument(self) -> int | None:
        """The id of the instrument, where it is one alone."""
        ids = self.instrument_ids
        return ids[0] if ids is not None and len(ids) == 1 else None

    @property
    def few(self) -> tuple[int, ...] | None:
        """The ids of the instruments, where they are named and few; None otherwise."""
        ids = self.instrument_ids
        return ids if ids is not None and 0 < len(ids) <= _FEW else None

    @property
    def subjects(self) -> tuple[str, ...]:
        """What moves when something else may be meant."""
        return (SIGNALS,) if self.few is None else tuple(signals_subject(one) for one in self.few)

    def accept(self, signal: Signal, now: float) -> bool:
        """Whether *signal* is meant at *now*, in unix seconds."""
        time = signal.time
        return (
            (self.instrument_ids is None or signal.instrument_id in self.instrument_ids)
            and (self.interval is None or signal.interval is self.interval)
            and (self.direction is None or signal.direction is self.direction)
            and (self.producer is None or signal.producer == self.producer)
            and (self.min_score is None or abs(signal.score) >= self.min_score)
            and (
                self.min_confidence is None
                or (signal.confidence is not None and signal.confidence >= self.min_confidence)
            )
            and (self.start is None or time >= self.start.timestamp())
            and (self.end is None or time < self.end.timestamp())
            and (self.status is None or signal.status(now) is self.status)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalPage:
    """
    A page of the signals that are meant.

    Attributes:
        first: At most this many.
        after: Only those behind this one, which need not be there any more.
    """

    conditions: SignalConditions
    first: int = 20
    after: SignalKey | None = None
    order: SignalOrder = SignalOrder.NEWEST

    def of_any(self) -> Self:
        """The same of any instrument."""
        return replace(self, conditions=replace(self.conditions, instrument_ids=None))
