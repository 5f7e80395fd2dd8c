"""What every subject was at each of its versions, so that an answer can be held against the ones it may be from."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Position = Mapping[str, int]
Bars = tuple[tuple[int, float], ...]

_FIRST = 1_704_067_200  # 2024-01-01T00:00:00Z, a Monday
_HOUR = 3600
_DAY = 86_400
# Every write raises the price, so that no two versions look alike.
_BASE = 1000.0
_FIRST_BARS = 60
_CORRECTED = 30


@dataclass(kw_only=True, slots=True)
class Version:
    """
    One of a subject's states.

    Attributes:
        state: Times and closes of its bars, its price, or the number that its signal says.
        position: Where the write stands among all changes, once it is acknowledged.
    """

    state: Any
    position: Position | None = None


@dataclass(kw_only=True, slots=True, eq=False)
class History:
    """
    A subject with all its versions; nobody but its one writer adds any.

    Attributes:
        kind: Of the events that tell of it.
        own: The newest version that each process has acknowledged itself.
    """

    symbol: str
    kind: str
    versions: list[Version] = field(default_factory=list)
    own: dict[int, int] = field(default_factory=dict)

    def heard(self, position: Position) -> int:
        """The newest version that is part of *position*; -1 if none is."""
        least = position.get(self.kind, 0)
        for number in range(len(self.versions) - 1, -1, -1):
            at = self.versions[number].position
            if at is not None and at[self.kind] <= least:
                return number
        return -1

    def acknowledged(self, number: int, process: int, position: Position) -> None:
        """Notes that a write is committed, and which process said so."""
        self.versions[number].position = position
        self.own[process] = number


class BarsHistory(History):
    """An hourly series; a write appends a bar, or corrects one of the newest."""

    def first(self) -> dict[str, Any]:
        """The item to publish that makes the series."""
        bars = tuple((_FIRST + at * _HOUR, _BASE) for at in range(_FIRST_BARS))
        self.versions.append(Version(state=bars))
        return _item(self.symbol, bars)

    def next(self, chance: random.Random) -> dict[str, Any]:
        """The item to publish that makes the next version."""
        bars: Bars = self.versions[-1].state
        price = _BASE + len(self.versions)
        # The newest bar is held apart from those before it, so each of the three has its turn.
        at = len(bars) - chance.choice((0, 1, chance.randint(2, _CORRECTED)))
        bar = (_FIRST + at * _HOUR, price)
        self.versions.append(Version(state=(*bars[:at], bar, *bars[at + 1 :])))
        return _item(self.symbol, (bar,))


class QuoteHistory(History):
    """A quote; a write moves it."""

    def next(self, chance: random.Random) -> dict[str, Any]:
        """The item to publish that makes the next version."""
        price = _BASE + len(self.versions)
        self.versions.append(Version(state=price))
        # Of two quotes the later one stays, whatever the clocks of writers say.
        moment = datetime.fromtimestamp(_FIRST, UTC) + timedelta(seconds=len(self.versions))
        return {"symbol": self.symbol, "price": price, "asOf": moment.isoformat()}


class SignalHistory(History):
    """A signal; a write says it anew."""

    def next(self, chance: random.Random) -> dict[str, Any]:
        """The item to publish that makes the next version."""
        number = len(self.versions)
        self.versions.append(Version(state=number))
        return {
            "symbol": self.symbol,
            "interval": "H1",
            "barTime": datetime.fromtimestamp(_FIRST, UTC).isoformat(),
            "direction": "BUY",
            "strength": "WEAK",
            "score": 0.5,
            "agreement": 1,
            "price": 1,
            "rationale": f"{number}",
        }


WrittenHistory = BarsHistory | QuoteHistory | SignalHistory


def _item(symbol: str, bars: Bars) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "interval": "H1",
        "bars": [
            dict.fromkeys(("open", "high", "low", "close"), close)
            | {"time": datetime.fromtimestamp(time, UTC).isoformat(), "volume": 1}
            for time, close in bars
        ],
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """
    What is asked about a subject.

    Attributes:
        field: A root field, with ``$symbol`` for its symbol.
        given: What it answers, in the form of *expected*.
        expected: What it must answer at a state.
    """

    field: str
    given: Callable[[Any], Any]
    expected: Callable[[Any], Any]


def _columns(series: Any) -> Bars:
    columns = series["columns"]
    return tuple(zip(columns["timestamp"], columns["close"], strict=True))


def _rows(series: Any) -> Bars:
    return tuple((bar["timestamp"], bar["close"]) for bar in series["bars"])


def _days(bars: Bars) -> Bars:
    return tuple({time // _DAY * _DAY: close for time, close in bars}.items())


_OLD = (_FIRST + 20 * _HOUR, _FIRST + 60 * _HOUR)
_RANGE = ", ".join(
    f'{name}: "{datetime.fromtimestamp(at, UTC).isoformat()}"' for name, at in zip(("from", "to"), _OLD, strict=True)
)

QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "candles": (
        Question(
            field="candles(symbol: $symbol, interval: H1, last: 5) { columns { timestamp close } }",
            given=_columns,
            expected=lambda bars: bars[-5:],
        ),
        Question(
            field="candles(symbol: $symbol, interval: H1, last: 50) { bars { timestamp close } }",
            given=_rows,
            expected=lambda bars: bars[-50:],
        ),
        Question(
            field=f"candles(symbol: $symbol, interval: H1, {_RANGE}) {{ bars {{ timestamp close }} }}",
            given=_rows,
            expected=lambda bars: tuple(bar for bar in bars if _OLD[0] <= bar[0] < _OLD[1]),
        ),
        Question(
            field="candles(symbol: $symbol, interval: D1, last: 3) { columns { timestamp close } }",
            given=_columns,
            expected=lambda bars: _days(bars)[-3:],
        ),
    ),
    "quotes": (
        Question(
            field="quotes(symbols: [$symbol]) { price }",
            given=lambda quotes: quotes[0]["price"],
            expected=lambda price: price,
        ),
        Question(
            field="instrument(symbol: $symbol) { symbol quote { price } }",
            given=lambda one: one["quote"]["price"],
            expected=lambda price: price,
        ),
    ),
    "signals": (
        Question(
            field="signals(filter: {symbols: [$symbol]}) { totalCount nodes { rationale } }",
            given=lambda found: [int(one["rationale"]) for one in found["nodes"]],
            expected=lambda number: [number],
        ),
        Question(
            field="instrument(symbol: $symbol) { latestSignal(interval: H1) { rationale status } }",
            given=lambda one: int(one["latestSignal"]["rationale"]),
            expected=lambda number: number,
        ),
    ),
}
