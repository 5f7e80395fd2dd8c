"""What subscribers were told, held against what was published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from loadtests.receivers import Receiver
from loadtests.ticks import Tick, quote
from resolvers.model.quote import Quote
from schema.node import global_id

# What a value that was written to the microsecond may differ by.
_ROUNDED_SECONDS = 2e-6


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """
    Attributes:
        times_ms: From the publish call of each event to each subscriber that watches its symbol: until it was told the
            event's value or, where that was conflated away, a newer one.
        messages: How many messages there were, without first ones.
        skipped: Events whose value was not told.
        faults: What was wrong or missing.
    """

    times_ms: list[float] = field(default_factory=list)
    messages: int = 0
    skipped: int = 0
    faults: list[str] = field(default_factory=list)

    def judge(self, receiver: Receiver, symbols: Sequence[str], ticks: Mapping[str, Sequence[Tick]]) -> None:
        """Takes all that one subscriber of *symbols* was sent since before the first of *ticks*, by symbol."""
        names = {global_id("Quote", one): one for one in symbols}
        told = dict.fromkeys(symbols, 0)
        counted = 0
        for moment, text in receiver.kept:
            self.messages += 1
            try:
                message = orjson.loads(text)["payload"]
                items, stream = message["data"]["quotes"], message["extensions"]["stream"]
                for item in items:
                    symbol = names[item["id"]]
                    self._item(symbol, item, moment, told, ticks[symbol])
            except (KeyError, TypeError, IndexError, ValueError) as error:
                self.faults.append(f"{error!r} in {text[:200]!r}")
                continue
            counted += len(items)
            skipped = stream.get("skipped", 0)
            self.skipped += skipped
            counted += skipped
            if stream.keys() - {"id", "skipped"}:
                self.faults.append(f"a status or a reset was told: {stream}")
        due = {symbol: len(ticks.get(symbol, ())) for symbol in symbols}
        if told != due:
            self.faults.append(f"not the newest of all symbols was told: {told} of {due}")
        if counted != sum(due.values()):
            self.faults.append(f"{counted} events were told or counted, there were {sum(due.values())}")

    def _item(
        self, symbol: str, item: dict[str, Any], moment: float, told: dict[str, int], ticks: Sequence[Tick]
    ) -> None:
        """Compares an item with the event that it shows, and counts those that it is told for."""
        place = int(item["price"]) - ticks[0].price
        if not told[symbol] <= place < len(ticks):
            self.faults.append(f"{symbol}: event {place} was told after {told[symbol] - 1}, of {len(ticks)}")
            return
        tick = ticks[place]
        for name, value in _differences(item, quote(0, tick.price, tick.moment), symbol):
            self.faults.append(f"{symbol}: {name} was {value!r}")
        self.times_ms += [(moment - one.moment) * 1000 for one in ticks[told[symbol] : place + 1]]
        told[symbol] = place + 1


def by_symbol(ticks: Sequence[Tick]) -> dict[str, list[Tick]]:
    """Ticks in order, of each symbol."""
    found: dict[str, list[Tick]] = {}
    for one in ticks:
        found.setdefault(one.symbol, []).append(one)
    return found


def _differences(item: Mapping[str, Any], expected: Quote, symbol: str) -> Iterator[tuple[str, Any]]:
    """The selected fields that have other values than were published."""
    plain = {
        "price": expected.price,
        "bid": expected.bid,
        "ask": expected.ask,
        "volume": expected.volume,
        "previousClose": None,
        "source": expected.source.value,
        "instrument": {"symbol": symbol, "name": None},
    }
    for name, value in item.items():
        if name == "asOf":
            if abs(datetime.fromisoformat(value).timestamp() - expected.as_of.timestamp()) > _ROUNDED_SECONDS:
                yield name, value
        elif name != "id" and plain[name] != value:
            yield name, value
