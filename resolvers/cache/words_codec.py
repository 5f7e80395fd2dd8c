"""Words of a model as bytes: JSON. What does not decode raises, whatever it is."""

from typing import Any

from resolvers.cache.codec import json_bytes, parsed
from resolvers.model.insight import ModelWords, Point, SaidNumber, Words

_STATE = ("bar", "close", "rsi", "trend", "fingerprint", "confidence", "made_at")


def encoded_words(held: ModelWords) -> bytes:
    """Words, with the state that they were made for; floats by their shortest text, which is exact."""
    points = [
        [one.name, one.text, one.value, one.field, [[each.text, each.value, each.field] for each in one.numbers]]
        for one in held.words.points
    ]
    fields = [held.words.summary, points, [getattr(held, name) for name in _STATE]]
    return json_bytes(fields)


def decoded_words(payload: memoryview) -> ModelWords:
    """The words."""
    summary, points, state = parsed(payload)
    words = Words(summary=summary, points=tuple(_point(*one) for one in points))
    return ModelWords(words=words, **dict(zip(_STATE, state, strict=True)))


def _point(name: str, text: str, value: float, field: str, numbers: list[Any]) -> Point:
    said = tuple(SaidNumber(text=each, value=number, field=path) for each, number, path in numbers)
    return Point(name=name, text=text, value=value, field=field, numbers=said)
