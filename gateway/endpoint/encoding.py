"""An answer as JSON."""

import json
from typing import Any

import orjson


def encoded(answer: Any) -> bytes:
    """
    *answer* as JSON, in which NaN and the infinities are null.

    What orjson refuses (whole numbers of more than 64 bits, keys that are no text) is left to the standard library,
    which takes many times as long.

    Raises:
        TypeError: If neither knows a type in it.
        ValueError: If it holds itself.
    """
    try:
        return orjson.dumps(answer)
    except orjson.JSONEncodeError:
        return _by_standard_library(answer)


def _by_standard_library(answer: Any) -> bytes:
    # It escapes all that is not ASCII, also halves of characters, which have no UTF-8.
    text = json.dumps(answer, default=_plain)
    read = json.loads(text, parse_constant=_null)
    return json.dumps(read, allow_nan=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """What only orjson knows, as what everybody knows: moments, and lists that were completed by column."""
    return json.loads(orjson.dumps(value))


def _null(_: str) -> None:
    """NaN as orjson writes it."""
