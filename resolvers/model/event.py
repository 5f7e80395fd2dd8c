"""What a write tells everybody who holds a copy: which subjects have moved to which revision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from resolvers.model.interval import Interval

INSTRUMENTS: Final = "instruments"
"""The subject of all instruments, their names, and which series exist."""

SIGNALS: Final = "signals"
"""The subject of all signals."""

EVERY_SIGNAL: Final = "signals:*"
"""What moves the subjects of the signals of each instrument, all at once."""

ROSTERS: Final = "rosters"
"""The subject of who votes in a version of the engine, which nothing ever moves."""


class EventKind(StrEnum):
    """What events are about; each kind has numbers of its own, without gaps and in the order of the commits."""

    CANDLES = "candles"
    INSTRUMENTS = "instruments"
    QUOTES = "quotes"
    SIGNALS = "signals"

    @property
    def is_kept(self) -> bool:
        """Whether past events can be read again for a day; a missed one of another kind is a reset."""
        return self is not EventKind.QUOTES


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Event:
    """
    One change, as it was committed.

    Attributes:
        number: Of its kind, from 1.
        revisions: The subjects that it moved, each with its new revision.
        body: What changed, as JSON can hold it.
    """

    kind: EventKind
    number: int
    revisions: Mapping[str, int]
    body: Mapping[str, Any] = field(default_factory=dict)


def series_subject(instrument_id: int, interval: Interval) -> str:
    """The subject of a series, its newest bar included."""
    return f"candles:{instrument_id}:{interval.value}"


def body_subject(instrument_id: int, interval: Interval) -> str:
    """The subject of the bars of a series before its newest one."""
    return f"body:{instrument_id}:{interval.value}"


def signals_subject(instrument_id: int) -> str:
    """The subject of the signals of an instrument."""
    return f"signals:{instrument_id}"


def quote_subject(instrument_id: int) -> str:
    """The subject of a quote."""
    return f"quote:{instrument_id}"
