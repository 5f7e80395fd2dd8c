"""What clients publish, as they gave it, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from resolvers.errors import GatewayError
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, Strength


class GivenBar(Protocol):
    """A bar; prices in the instrument's currency, and a volume where the source says."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float | None


class GivenCandles(Protocol):
    """Bars of one series."""

    symbol: str
    interval: Interval

    @property
    def bars(self) -> Sequence[GivenBar]:
        """In any order."""


class GivenQuote(Protocol):
    """A quote; prices in the instrument's currency, and the volume of the running session."""

    symbol: str
    price: float
    as_of: datetime
    bid: float | None
    ask: float | None
    previous_close: float | None
    volume: float | None


class GivenSignal(Protocol):
    """A signal; prices in the instrument's currency."""

    symbol: str
    interval: Interval
    bar_time: datetime
    direction: Direction
    strength: Strength
    score: float
    agreement: float
    price: float
    rationale: str
    key: str | None
    confidence: float | None
    entry: float | None
    stop: float | None
    target: float | None
    horizon_bars: int | None
    valid_until: datetime | None
    is_cancelled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """
    Why an item was not taken.

    Attributes:
        index: Of the item among those given.
        path: From the item to what is wrong; empty for the item as a whole.
    """

    index: int
    error: GatewayError
    path: tuple[str | int, ...] = ()
