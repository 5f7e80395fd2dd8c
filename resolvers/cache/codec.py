"""What the codecs share: values as JSON. What does not decode raises, whatever it is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""From which on moments are counted."""

MICROSECOND: Final = timedelta(microseconds=1)
"""In which they are counted."""


def json_bytes(value: Any) -> bytes:
    """A value as JSON; floats by their shortest text, which is exact."""
    return json.dumps(value, separators=(",", ":")).encode()


def parsed(payload: memoryview) -> Any:
    """The value."""
    return json.loads(bytes(payload))


def encoded_count(count: int) -> bytes:
    """A whole number."""
    return json_bytes(count)


def decoded_count(payload: memoryview) -> int:
    """The number."""
    return int(parsed(payload))
