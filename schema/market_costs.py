"""What the fields of the market cost, in units of about a microsecond."""

import time
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from resolvers.errors import BadInput
from resolvers.market import DEFAULT_BARS
from resolvers.model.interval import Interval
from schema.cost import REFUSES, SIZE_BELOW, Cost, ListSize
from schema.node import parsed_id
from schema.scalars import parse_rfc3339
from schema.whole import WHOLE

# A value of a row or of a column takes 0.1 µs; computing an indicator takes about as much again.
PLAIN_WEIGHT = "0.1"
INDICATOR_WEIGHT = "0.2"

# Reading a bar that is not in memory, whatever is shown of it.
_READ_WEIGHT = "0.2"

# Storing takes a transaction, and of each item its share of it.
_TRANSACTION_WEIGHT = "2000"
_WRITE_WEIGHT = "50"

_SIZED = ["bars", "columns"]


def size_of_window(given: Mapping[str, Any]) -> int | None:
    """
    Bars of the range [from, to) at most; None where no range is given, or where it cannot be read.

    What trades at no time of the night has fewer.
    """
    if given.get("last") is not None or given.get("from") is None:
        return None
    try:
        start = parse_rfc3339(given["from"]).timestamp()
        end = time.time() if given.get("to") is None else parse_rfc3339(given["to"]).timestamp()
        return _bars(start, end, _interval(given.get("interval")))
    except (ValueError, BadInput, GraphQLError):
        return None


def size_of_nodes(given: Mapping[str, Any]) -> int | None:
    """Bars of the largest window among the ids; other objects have none."""
    ids = given.get("ids", given.get("id"))
    return max((_size_of_id(one) for one in (ids if isinstance(ids, list | tuple) else [ids])), default=0)


def _size_of_id(text: object) -> int:
    try:
        match parsed_id(str(text)):
            case "CandleSeries", [str(), str(), int(last), _, _]:
                return last
            case "CandleSeries", [str(), str(interval), None, int(start), end]:
                return _bars(start, end if isinstance(end, int) else time.time(), Interval.parse(interval))
    except BadInput:
        pass  # the resolver says so
    return 0


def size_of_candles(given: Mapping[str, Any]) -> int:
    """Bars that are published, in all items together; an item without bars counts as one."""
    items = _listed(given.get("input"), "items")
    return sum(max(1, len(_listed(item, "bars"))) for item in items)


def size_of_items(given: Mapping[str, Any]) -> int:
    """Quotes or signals that are published."""
    return len(_listed(given.get("input"), "items"))


def _listed(value: object, name: str) -> list[Any]:
    """A list inside an input object as it was written, where a single value counts as a list of one."""
    inner = value.get(name) if isinstance(value, Mapping) else None
    if inner is None:
        return []
    return list(inner) if isinstance(inner, list | tuple) else [inner]


def _bars(start: float, end: float, interval: Interval) -> int:
    return max(0, int(-(-(end - start) // interval.seconds)))


def _interval(value: object) -> Interval:
    return value if isinstance(value, Interval) else Interval.parse(str(value or Interval.D1.name))


CANDLES: dict[str, Any] = {
    "directives": [
        Cost(weight="10"),
        ListSize(assumed_size=DEFAULT_BARS, slicing_arguments=["last"], sized_fields=_SIZED, item_weight=_READ_WEIGHT),
    ],
    "metadata": {SIZE_BELOW: size_of_window, REFUSES: True},
}
NEWEST_BAR: dict[str, Any] = {"directives": [Cost(weight="10")]}
NODE: dict[str, Any] = {
    "directives": [ListSize(assumed_size=DEFAULT_BARS, sized_fields=_SIZED, item_weight=_READ_WEIGHT)],
    "metadata": {SIZE_BELOW: size_of_nodes},
}
NODES: dict[str, Any] = {
    "directives": [
        ListSize(assumed_size=DEFAULT_BARS, slicing_arguments=["ids"], sized_fields=_SIZED, item_weight=_READ_WEIGHT)
    ],
    "metadata": {SIZE_BELOW: size_of_nodes, REFUSES: True},
}
INSTRUMENTS: dict[str, Any] = {
    "directives": [Cost(weight="10"), ListSize(slicing_arguments=["first"], sized_fields=["nodes", "edges"])],
    "metadata": {REFUSES: True},
}
SIGNALS = INSTRUMENTS
OPPORTUNITIES: dict[str, Any] = {
    "directives": [Cost(weight="10"), ListSize(slicing_arguments=["first"])],
    "metadata": {REFUSES: True},
}
OPPORTUNITY: dict[str, Any] = {"directives": [Cost(weight="10")]}
OPPORTUNITY_STREAM: dict[str, Any] = {
    "directives": [ListSize(slicing_arguments=["first"])],
    "metadata": {REFUSES: True, WHOLE: True},
}
# Of each opportunity, whatever is asked for.
OPPORTUNITY_PARTS: dict[str, Any] = {"directives": [ListSize(assumed_size=5)]}
SIGNAL_COUNT: dict[str, Any] = {"directives": [Cost(weight="1000")]}
LATEST_SIGNAL: dict[str, Any] = {"directives": [Cost(weight="10")]}
SIGNAL_STREAM: dict[str, Any] = {"directives": [ListSize(assumed_size=100)]}
QUOTES: dict[str, Any] = {
    "directives": [ListSize(slicing_arguments=["symbols"])],
    "metadata": {REFUSES: True},
}
PUBLISH_CANDLES: dict[str, Any] = {
    "directives": [Cost(weight=_TRANSACTION_WEIGHT), ListSize(sized_fields=["errors"], item_weight=_WRITE_WEIGHT)],
    "metadata": {SIZE_BELOW: size_of_candles},
}
PUBLISH_QUOTES: dict[str, Any] = {
    "directives": [Cost(weight=_TRANSACTION_WEIGHT), ListSize(sized_fields=["errors"], item_weight=_WRITE_WEIGHT)],
    "metadata": {SIZE_BELOW: size_of_items},
}
PUBLISH_SIGNALS = PUBLISH_QUOTES
COUNT: dict[str, Any] = {"directives": [Cost(weight="10")]}
