"""What is known of a market at one closed bar, number by number, and the state that it is in."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from resolvers.model.interval import Interval
from resolvers.model.signal import Direction

PRICE_STEP = math.log(1.02)
RSI_STEP = 10
"""The steps of a state: 2 % of the price, wherever it is, and ten points of the RSI."""

_SMALLEST = 1e-12
_MOST_DECIMALS = 16


class Unit(StrEnum):
    """How a number is written in a sentence."""

    PRICE = "price"
    PERCENT = "percent"
    INDEX = "index"
    RATIO = "ratio"
    TIMES = "times"


_DECIMALS = {Unit.PERCENT: 1, Unit.INDEX: 1, Unit.RATIO: 2, Unit.TIMES: 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """
    One number.

    Attributes:
        name: What tells it from the others.
        label: What sentences call it; digits in it belong to the name, as in ``RSI(14)``.
        value: In its unit: a percentage is 1.5 for 1.5 %, a ratio is between -1 and 1.
        field: The field of this API that it is, or comes from, below the instrument.
    """

    name: str
    label: str
    value: float
    unit: Unit
    field: str

    @property
    def text(self) -> str:
        """The number as sentences have it: prices with five digits, others with a decimal or two, or two digits."""
        return self._rounded(0)

    def text_beside(self, limits: Sequence[float]) -> str:
        """As `text`, with as many decimals more as it takes to lie on the number's own side of each limit."""
        texts = (self._rounded(more) for more in range(_MOST_DECIMALS))
        sides = [_side(self.value, limit) for limit in limits]
        return next(
            (one for one in texts if [_side(float(one.split()[0]), limit) for limit in limits] == sides), self.text
        )

    def _rounded(self, more: int) -> str:
        if self.unit is Unit.PRICE:
            return price_text(self.value)
        digits = _digits(self.value)
        number = f"{self.value:.{max(_DECIMALS[self.unit], 1 - digits if digits < 0 else 0) + more}f}"
        # What is rounded away has no sign.
        number = number if float(number) else number.removeprefix("-")
        return f"{number} %" if self.unit is Unit.PERCENT else number


def _side(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)


def price_text(value: float) -> str:
    """A price with five digits, or all that it has before the point and two behind it."""
    return f"{value:.{max(2, 4 - _digits(value))}f}"


def _digits(value: float) -> int:
    """The power of ten of the first digit."""
    return math.floor(math.log10(abs(value))) if abs(value) >= _SMALLEST else 0


class State(NamedTuple):
    """
    A market's state as those share it whose words may be the same; the steps are those of the design.

    Attributes:
        price: ``floor(log(close) / log(1.02))``: steps of 2 %, wherever the price is.
        rsi: ``floor(RSI / 10)``, so that two states of a key are less than 10 apart.
        trend: -1, 0 or 1.
        direction: Of the signal that the words speak of. A neighbour's BUY must not be told of a SELL.
    """

    symbol: str
    interval: Interval
    price: int
    rsi: int
    trend: int
    direction: Direction | None


class WordsKey(NamedTuple):
    """What shares the words of a model: the model, the version of the template that asked it, and the state."""

    model: str
    template: str
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """
    What is known of one series at one closed bar.

    Attributes:
        time: Start of the bar, in unix seconds.
        numbers: Close, RSI(14) and EMA(50) always; of the others those that have a value.
        trend: 1 where the close is above an EMA(50) that rises, -1 where it is below one that falls, else 0.
        regime: The name of the rule that holds.
        direction: Of the signal that is spoken of, if there is one; *signal_time* is its bar's, in unix seconds.
        confidence: Of that signal, where it is known.
    """

    symbol: str
    interval: Interval
    time: int
    numbers: tuple[Fact, ...]
    trend: int
    regime: str | None
    direction: Direction | None = None
    signal_time: int | None = None
    confidence: float | None = None

    def get(self, name: str) -> Fact | None:
        """The fact of a name."""
        return next((one for one in self.numbers if one.name == name), None)

    def value(self, name: str) -> float:
        """
        The number of a name.

        Raises:
            KeyError: If it is not known.
        """
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found.value

    @property
    def state(self) -> State:
        """The state that shares words."""
        return State(
            symbol=self.symbol,
            interval=self.interval,
            price=math.floor(math.log(self.value("close")) / PRICE_STEP),
            rsi=math.floor(self.value("rsi") / RSI_STEP),
            trend=self.trend,
            direction=self.direction,
        )

    @property
    def fingerprint(self) -> str:
        """A hash of all that sentences can say; equal for facts of which the same is said."""
        said: list[Hashable] = [self.symbol, self.interval.name, self.time, self.trend, self.regime]
        said += [self.direction, self.signal_time, *((one.name, one.text) for one in self.numbers)]
        return blake2b(repr(said).encode(), digest_size=8).hexdigest()

    @property
    def bar(self) -> str:
        """The bar in words."""
        return bar_text(self.time, self.interval)

    @property
    def signal_bar(self) -> str | None:
        """The bar of the signal in words."""
        return None if self.signal_time is None else bar_text(self.signal_time, self.interval)


def bar_text(time: int, interval: Interval) -> str:
    """A bar's time: its date for days and weeks, else the moment in UTC."""
    moment = datetime.fromtimestamp(time, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if interval.is_intraday else "%Y-%m-%d")
