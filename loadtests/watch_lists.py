"""What subscribers ask for: quotes of symbols of their own, in one of many selections."""

import random
from collections.abc import Sequence

import orjson

MOST_SELECTIONS = 64
WATCHED = 20

# Each selection has its own of these. `instrument` is an object of its own, so half of them are nested.
_OPTIONAL = ("bid", "ask", "volume", "previousClose", "source", "instrument { symbol name }")


def selection(number: int) -> str:
    """
    The fields that the selection *number* selects; those without which nothing could be judged are in each.

    Raises:
        ValueError: If there are not so many.
    """
    if not 0 <= number < MOST_SELECTIONS:
        raise ValueError(f"a selection is from 0 to {MOST_SELECTIONS - 1}, was {number}")
    chosen = [name for place, name in enumerate(reversed(_OPTIONAL)) if number >> place & 1]
    return " ".join(["id", "price", "asOf", *chosen])


def watched(symbols: Sequence[str], subscriber: int) -> list[str]:
    """The symbols that a subscriber watches: drawn, so that no two have the same list and could share messages."""
    return random.Random(subscriber).sample(symbols, min(WATCHED, len(symbols)))


def operation(id_: str, symbols: Sequence[str], selected: int, *, throttle_ms: int = 0) -> bytes:
    """The message that subscribes."""
    throttle = f" @throttle(ms: {throttle_ms})" if throttle_ms else ""
    query = f"subscription ($symbols: [String!]!){throttle} {{ quotes(symbols: $symbols) {{ {selection(selected)} }} }}"
    return orjson.dumps(
        {"id": id_, "type": "subscribe", "payload": {"query": query, "variables": {"symbols": symbols}}}
    )
