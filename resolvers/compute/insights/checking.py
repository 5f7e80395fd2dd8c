"""Whether a model's words may be shown: their form, their numbers, and what they claim."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from resolvers.compute.insights.said_numbers import Invented, said_numbers
from resolvers.compute.insights.template import MOST_POINT, MOST_POINTS, MOST_SUMMARY
from resolvers.model.facts import Fact, Facts
from resolvers.model.insight import Point, SaidNumber, Words
from resolvers.model.signal import Direction

_CLAIMS: Final = re.compile(
    r"guarante|profit|risk[- ]?free|riskless|no risk|can(?:no|')?t lose|cannot lose|mak(?:e|es|ing) money"
    r"|\bearn(?:s|ed|ing)?\b|sure thing|sure bet|certain to|bound to|\byou (?:should|must|can|will)\b"
    r"|\bwill (?:\w+ )?(?:rise|fall|go|gain|drop|climb|rally|recover|double|reach|hit|make|continue)\b"
    r"|\bshould (?:buy|sell|be bought|be sold)\b|recommend|\badvice\b|\badvise|buy now|sell now|can expect"
    r"|\b(?:likely|poised|expected|going|about|set) to\b|\bforecast|\bpredict",
    re.IGNORECASE,
)
_LINKS: Final = re.compile(r"https?:|www\.|[<>\[\]{}`]", re.IGNORECASE)
# What symbols are made of; of one letter alone none is told from a word.
_CAPITALS: Final = re.compile(
    r"\$[A-Za-z]+|(?<![\w.])(?:[A-Z][A-Z0-9]+(?:[./_^=:-][A-Z0-9]+)*|[A-Z](?:[./_^=:-][A-Z0-9]{2,})+)(?!\w)"
)
_SAYS: Final = re.compile(r"\b(buy|sell)\b|\b(?:is|says?|signals?|a)\s+(hold)\b", re.IGNORECASE)
_OWN: Final = frozenset(
    {"RSI", "EMA", "ADX", "ATR", "UTC", "BUY", "SELL", "HOLD", "TRENDING_UP", "TRENDING_DOWN", "VOLATILE", "RANGING"}
)


class Refused(Exception):
    """Why words are not shown; names no word of the model but the one that is wrong."""


def checked_words(content: str, facts: Facts) -> Words:
    """
    The words of an answer, each point with the value and the field of the fact that it is about.

    Raises:
        Refused: If the answer is not of the form of `template.response_format`, a text is empty or too long, a number
            in it is none of the facts, it names another symbol or direction, or claims what nobody knows.
    """
    summary, points = _of_form(content)
    _check_text("the summary", summary, MOST_SUMMARY, facts)
    _numbers("the summary", summary, facts)
    by_name = {one.name: one for one in facts.numbers}
    return Words(summary=summary, points=tuple(_point(one, by_name, facts) for one in points))


def _point(given: Mapping[str, str], by_name: Mapping[str, Fact], facts: Facts) -> Point:
    fact, text = by_name.get(given["fact"]), given["text"]
    if fact is None:
        raise Refused("a point is about no fact that was given")
    _check_text("a point", text, MOST_POINT, facts)
    numbers = _numbers("a point", text, facts, fact)
    if all((one.value, one.field) != (fact.value, fact.field) for one in numbers):
        raise Refused(f"the point about {fact.name} does not contain its value")
    return Point(name=fact.name, text=text, value=fact.value, field=fact.field, numbers=numbers)


def _of_form(content: str) -> tuple[str, list[dict[str, str]]]:
    """Summary and points of an answer."""
    try:
        read: Any = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused("the answer is not JSON") from None
    match read:
        case {"summary": str(summary), "points": [*points]} if len(read) == 2 and 1 <= len(points) <= MOST_POINTS:
            if all(_is_point(one) for one in points):
                return summary, points
    raise Refused("the answer is not of the form that was asked for")


def _is_point(value: object) -> bool:
    return (
        isinstance(value, dict) and value.keys() == {"fact", "text"} and all(isinstance(v, str) for v in value.values())
    )


def _check_text(what: str, text: str, most: int, facts: Facts) -> None:
    if not text.strip():
        raise Refused(f"{what} is empty")
    if len(text) > most:
        raise Refused(f"{what} has {len(text)} characters, at most {most} were asked for")
    if not text.isprintable() or _LINKS.search(text):
        raise Refused(f"{what} is not plain text")
    claim = _CLAIMS.search(text)
    if claim:
        raise Refused(f"{what} claims what nobody knows: {claim[0]!r}")
    # Longer than the symbol itself would be another one: BRK.B is not BRK.
    own = re.compile(rf"(?<![\w./^=:-])\$?{re.escape(facts.symbol)}(?!\w|[./^=:-]\w)")
    known = _OWN | {facts.symbol.upper(), facts.interval.name}
    for match in _CAPITALS.finditer(own.sub(" ", _without_bars(text, facts))):
        word = match[0].removeprefix("$").upper()
        if word not in known:
            raise Refused(f"{what} names {match[0]!r}, which is not what it is about")
        if word in Direction.__members__:
            _check_direction(what, word, facts)
    # In small letters it is as clear.
    for match in _SAYS.finditer(text):
        _check_direction(what, (match[1] or match[2]).upper(), facts)


def _check_direction(what: str, word: str, facts: Facts) -> None:
    if word != facts.direction:
        raise Refused(f"{what} says {word}, the signal says {facts.direction or 'nothing'}")


def _without_bars(text: str, facts: Facts) -> str:
    for bar in (facts.bar, facts.signal_bar):
        text = text if bar is None else text.replace(bar, " ")
    return text


def _numbers(what: str, text: str, facts: Facts, about: Fact | None = None) -> tuple[SaidNumber, ...]:
    try:
        return said_numbers(text, facts, about)
    except Invented as error:
        raise Refused(f"{what} has a number that was not given: {error}") from None
