"""Clients of many kinds: of every signal and of the newest prices, over both transports, at two gateways."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from loadtests.judging import newest_prices
from loadtests.listening import Listener
from loadtests.published_events import BAR_SYMBOL, QUOTE_SYMBOLS, SIGNAL_SYMBOLS, Prices
from loadtests.stream_clients import TRANSPORTS
from resolvers.model.event import EventKind

_SIGNALS: Final = (
    "subscription { signals { rationale } }",
    "subscription ($filter: SignalFilter) { signals(filter: $filter) { rationale } }",
    "subscription { signals { id rationale direction score status instrument { symbol } } }",
    # It has to be waited for: the instrument's quote is read.
    "subscription { signals { rationale instrument { symbol quote { price } } } }",
)
_EQUAL: Final = "subscription { signals { direction } }"
_QUOTES: Final = (
    "subscription ($symbols: [String!]!) { quotes(symbols: $symbols) { price instrument { symbol } } }",
    """subscription ($symbols: [String!]!) @throttle(ms: 400) {
        quotes(symbols: $symbols) { price asOf instrument { symbol } } }""",
)
_BARS: Final = (
    """subscription { candles(symbol: "BARS", interval: M1) {
        instrument { symbol } changedFrom bar { timestamp price: close } } }""",
    """subscription @throttle(ms: 300) { candles(symbol: "BARS", interval: M1) {
        instrument { symbol } bar { price: close sma(period: 3) } } }""",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MixedAudience:
    """All clients, by what they listen to."""

    every: Sequence[Listener]
    equal: Sequence[Listener]
    quotes: Sequence[Listener]
    bars: Sequence[Listener]

    @property
    def signals(self) -> list[Listener]:
        """Those of signals."""
        return [*self.every, *self.equal]

    def __iter__(self) -> Iterator[Listener]:
        return iter([*self.signals, *self.quotes, *self.bars])

    def has_heard(self, signals: int, quotes: int, prices: Prices) -> bool:
        """Whether everybody has heard of events up to these numbers, and of the last price of the bar."""
        return (
            # A filter may have left out the last signals.
            all(one.heard[-1].number > signals - len(SIGNAL_SYMBOLS) for one in self.signals)
            and all(one.heard[-1].number >= quotes for one in self.quotes)
            and all(newest_prices(one) == prices.of(one.wanted) for one in self.bars)
        )


def mixed_audience(count: int, origin: str, chance: random.Random) -> MixedAudience:
    """Of ten clients six want every signal, one signals that look alike, two quotes, and one a forming bar."""

    def listener(number: int, kind: EventKind, query: str, wanted: Sequence[str], **variables: Any) -> Listener:
        return Listener(
            kind=kind,
            transport=TRANSPORTS[number // 2 % 2],
            query=query,
            variables=variables,
            wanted=frozenset(wanted),
            origin=origin,
            at=number % 2,
            # Every other one is on a bad network, and loses its connection after a hundred messages or so.
            restless=0.01 if number // 4 % 2 else 0.0,
        )

    every, equal, quotes, bars = [], [], [], []
    for number in range(count):
        match number % 10:
            case 0 | 1 | 2 | 3 | 4 | 5:
                query = _SIGNALS[number // 10 % len(_SIGNALS)]
                wanted = chance.sample(SIGNAL_SYMBOLS, 2) if "$filter" in query else SIGNAL_SYMBOLS
                every.append(listener(number, EventKind.SIGNALS, query, wanted, filter={"symbols": list(wanted)}))
            case 6:
                equal.append(listener(number, EventKind.SIGNALS, _EQUAL, SIGNAL_SYMBOLS))
            case 7 | 8:
                wanted = chance.sample(QUOTE_SYMBOLS, chance.randint(1, 6))
                query = _QUOTES[number // 10 % len(_QUOTES)]
                quotes.append(listener(number, EventKind.QUOTES, query, wanted, symbols=list(wanted)))
            case _:
                query = _BARS[number // 10 % len(_BARS)]
                bars.append(listener(number, EventKind.CANDLES, query, [BAR_SYMBOL]))
    return MixedAudience(every=every, equal=equal, quotes=quotes, bars=bars)
