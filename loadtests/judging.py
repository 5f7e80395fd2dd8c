"""Whether what clients have heard is what there was: nothing lost, nothing repeated, everything counted."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtests.listening import Heard, Listener


class Events:
    """
    Which symbols each event was about.

    Args:
        symbols: By the number of the event.
    """

    def __init__(self, symbols: Mapping[int, Sequence[str]]) -> None:
        self._numbers = sorted(symbols)
        self._symbols = [frozenset(symbols[number]) for number in self._numbers]

    def count(self, wanted: frozenset[str], *, after: int, to: int) -> int:
        """How often one of the *wanted* was told of after one event, up to another."""
        within = slice(bisect_right(self._numbers, after), bisect_right(self._numbers, to))
        return sum(len(wanted & one) for one in self._symbols[within])


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What was wrong with the items of a field of which nothing may be missed."""

    lost: int
    repeated: int
    disordered: int


def order_of(listener: Listener, wanted: Sequence[int]) -> Order:
    """
    What is wrong with numbered items that were to come in the order of *wanted*.

    A state that takes the place of what was missed is one in which everything before it may be, in any order.
    """
    numbers: list[int] = []
    for message in listener.heard:
        found = [int(item["rationale"]) for item in message.items]
        numbers = sorted(found) if message.is_reset else numbers + found
    seen = set(numbers)
    return Order(
        lost=len(set(wanted) - seen),
        repeated=len(numbers) - len(seen) + len(seen - set(wanted)),
        disordered=sum(after < before for before, after in pairwise(numbers)),
    )


def count_of(listener: Listener) -> int:
    """How many items there were since the last state."""
    count = 0
    for message in listener.heard:
        count = len(message.items) + (0 if message.is_reset else count)
    return count


def wrongly_skipped(listener: Listener, events: Events, *, is_list: bool) -> Iterator[str]:
    """
    The messages whose `skipped` is not the number of events since the message before, whose value is not in this one.

    A message is as of its position, so the events that it answers for are those after the position of the message
    before, whichever gateway that came from. In a list each item is the value of one of them. A field that is one
    object has an item in any case, which is no event's where there was none.
    """
    before: Heard | None = None
    for message in listener.heard:
        if before is not None and not message.is_reset:
            count = events.count(listener.wanted, after=before.number, to=message.number)
            told = len(message.items) if is_list else min(count, 1)
            if message.skipped != count - told:
                yield (
                    f"{listener.kind.value} {before.number} to {message.number}: {count} events, {told} items,"
                    f" {message.skipped} skipped{', resumed' * message.is_resumed}"
                )
        before = message


def newest_prices(listener: Listener) -> dict[str, float]:
    """The last price of each symbol that a listener to quotes or to bars has heard of."""
    return {
        item["instrument"]["symbol"]: item.get("bar", item)["price"]
        for message in listener.heard
        for item in message.items
    }
