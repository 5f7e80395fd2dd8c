"""The numbers of a text, each held against the facts that it was given."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from resolvers.model.facts import Fact, Facts, Unit
from resolvers.model.insight import SaidNumber

_COARSEST = 0.05
"""Rounding may move a number by less than this share of it: 0.62 is not 1."""

_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9, "b": 1e9, "trillion": 1e12}
_SCALES |= {"basis points": 0.01, "bps": 0.01, "bp": 0.01, "\u2030": 0.1}
_PERCENT = ("%", "percent", "per cent", "percentage points", "pct", "basis points", "bps", "bp", "\u2030")
# A dash may stand a space before its number, which a reader takes for a minus all the same.
_SIGN = r"(?:(?<![\w.)%])[-+\u2010-\u2015\u2212]\s?|\b(?:minus|negative|plus|positive)\s+)"
_NUMBER = re.compile(
    rf"(?P<sign>{_SIGN})?(?P<digits>(?:\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?P<power>[eE][-+]?\d+)?"
    r"\s?(?P<unit>%|\u2030|percentage points|percent\b|per cent\b|pct\b|basis points|bps?\b"
    r"|thousand\b|million\b|billion\b|trillion\b|[kKmMbB]\b|bn\b)?",
    re.ASCII | re.IGNORECASE,
)

_UNITS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS: Final = (
    {word: float(number) for number, word in enumerate(_UNITS)}
    | {word: 20.0 + 10 * number for number, word in enumerate(_TENS)}
    | {f"{ten}-{one}": 20.0 + 10 * t + o for t, ten in enumerate(_TENS) for o, one in enumerate(_UNITS[:10]) if o}
    | {f"{ten[:-1]}ies": 20.0 + 10 * number for number, ten in enumerate(_TENS)}
    | {"half": 0.5, "halved": 0.5, "halving": 0.5, "quarter": 0.25, "twice": 2.0, "couple": 2.0, "thrice": 3.0}
    | {f"{word}{end}": 2.0 + n for n, word in enumerate(("doubl", "tripl", "quadrupl")) for end in ("e", "ed", "ing")}
    | {"third": 1 / 3, "fourth": 0.25, "fifth": 0.2, "sixth": 1 / 6, "seventh": 1 / 7, "eighth": 0.125, "ninth": 1 / 9}
    | {"tenth": 0.1, "twentieth": 0.05, "hundredth": 0.01, "thousandth": 0.001}
    | {"dozen": 12.0, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
)
_WORD = re.compile(
    rf"(?P<sign>{_SIGN})?\b(?P<word>" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")(?:s|-?fold)?\b",
    re.IGNORECASE,
)

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
# A bar's date has one spelling; in another one its day could pass for any small fact.
_DATE = re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b|\b{_MONTH}\s+\d", re.IGNORECASE)


_MOVED = r"(?:(?:risen|fallen|climbed|dropped|declined|moved|slipped|eased|rose|fell|rises|falls|back|up|down)\s+)"
_VERB = rf"(?:(?:has|had|is|was)\s+{_MOVED}*(?:to|at|reached|near|around|about)|{_MOVED}+(?:to|at)|reached|reaches)"


class Invented(Exception):
    """A number that was not among the facts; says which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """A number as it was read: its size, its sign if it has one, and half a unit of its last digit."""

    text: str
    place: int
    size: float
    sign: str
    slack: float
    is_percent: bool


def said_numbers(text: str, facts: Facts, about: Fact | None = None) -> tuple[SaidNumber, ...]:
    """
    Every number of *text* with the fact that it is, in the text's order.

    Names of the facts, the symbol, the interval and the bars' times are no numbers, whatever digits they have, as long
    as they are spelled as the facts spell them. A number may be rounded to any number of decimals that moves it by less
    than 5 %. One with a percent sign, or the word, is a fact in percent, or a ratio times a hundred; one without is
    no percentage. With a sign, or *minus*, it has the fact's; without it may be the size of a negative one. Behind the
    name of a fact, or that and *is*, *at*, *of* or *has fallen to*, stands that fact. Number words count as numbers,
    *half*, *twice* and *a tenth* too. Letters are Latin ones: others look like them, and spell words that nobody reads.

    Args:
        about: The fact that the text is about: a number that may be this one is.

    Raises:
        Invented: If one of them is no fact.
    """
    strange = next((one for one in text.replace(facts.symbol, "") if not one.isascii() and _is_strange(one)), None)
    if strange is not None:
        raise Invented(f"U+{ord(strange):04X}, {unicodedata.name(strange, 'a character without a name')}")
    if date := _DATE.search(text):
        raise Invented(date[0])
    by_name = dict(_named(text, facts.numbers))
    bare = _without_names(text, facts)
    known = facts.numbers if about is None else (about, *facts.numbers)
    found = []
    for read in _numbers(bare):
        named = by_name.get(read.place)
        fact = next((one for one in ([named] if named else known) if _is(read, one)), None)
        if fact is None:
            raise Invented(read.text if named is None else f"{read.text} as {named.label}")
        found.append(SaidNumber(text=read.text, value=fact.value, field=fact.field))
    return tuple(found)


def _is_strange(character: str) -> bool:
    """Whether it is a digit, a letter that is not Latin, or another form of a character of ASCII."""
    plain = unicodedata.normalize("NFKC", character)
    is_latin = not character.isalpha() or unicodedata.name(character, "").startswith("LATIN")
    return character.isnumeric() or not is_latin or (plain != character and plain.strip().isascii() and plain != " ")


def _named(text: str, facts: Sequence[Fact]) -> list[tuple[int, Fact]]:
    """Where a number stands behind the name of a fact, and the fact; of names within names the longer one counts."""
    found: list[tuple[int, Fact]] = []
    for fact in sorted(facts, key=lambda one: len(one.label)):
        link = rf"(?:\s+(?:is|was|at|of|stands at|reads|=|:|{_VERB})|[:=(])?\s*(?={_SIGN}?[.\d])"
        # "RSI" alone is RSI(14).
        name = re.sub(r"\\\(\d+\\\)", lambda digits: f"(?:{digits[0]})?", re.escape(fact.label))
        named = re.compile(rf"(?<![\w-]){name}{link}", re.IGNORECASE)
        found += [(match.end(), fact) for match in named.finditer(text)]
    return found


def _without_names(text: str, facts: Facts) -> str:
    """*text* with blanks in the place of the symbol and of all names that have digits."""
    names = {facts.symbol, facts.interval.name, facts.bar, *(one.label for one in facts.numbers)}
    names |= {facts.signal_bar} if facts.signal_bar is not None else set()
    # As it is written, and no other way: a symbol may be TEN, or ONE.
    text = re.sub(rf"(?<![\w.]){re.escape(facts.symbol)}(?!\w)", lambda match: " " * len(match[0]), text)
    for name in sorted((one for one in names if any(map(str.isdigit, one))), key=len, reverse=True):
        pattern = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w%]|\.\d)", re.IGNORECASE)
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def _numbers(text: str) -> list[_Read]:
    found = []
    for match in _NUMBER.finditer(text):
        unit = (match["unit"] or "").lower()
        scale = _SCALES.get(unit, 1.0) * float(f"1{match['power'] or ''}")
        decimals = len(match["digits"].partition(".")[2])
        found.append(
            _Read(
                text=match[0].strip(),
                place=match.start(),
                size=float(match["digits"].replace(",", "")) * scale,
                sign=_sign(match["sign"]),
                slack=0.5 * 10.0**-decimals * scale,
                is_percent=unit in _PERCENT,
            )
        )
    for match in _WORD.finditer(text):
        is_percent = text[match.end() :].lstrip().lower().startswith(_PERCENT)
        size = _WORDS[match["word"].lower()]
        # "million" behind digits belongs to these.
        if not any(one.place <= match.start("word") < one.place + len(one.text) for one in found):
            sign = _sign(match["sign"])
            found.append(
                _Read(text=match[0], place=match.start(), size=size, sign=sign, slack=0.5, is_percent=is_percent)
            )
    return sorted(found, key=lambda one: one.place)


def _sign(said: str | None) -> str:
    """``-``, ``+`` or nothing for what stands before a number."""
    if not said:
        return ""
    return "+" if said.strip().lower() in ("+", "plus", "positive") else "-"


def _is(read: _Read, fact: Fact) -> bool:
    value = fact.value * 100 if fact.unit is Unit.RATIO and read.is_percent else fact.value
    if read.is_percent != (fact.unit is Unit.PERCENT or (fact.unit is Unit.RATIO and read.is_percent)):
        return False
    if (read.sign == "-" and value > 0) or (read.sign == "+" and value < 0):
        return False
    distance = abs(read.size - abs(value))
    # What the last digit's binary form adds, and nothing that anybody can see.
    return distance <= read.slack * (1 + 1e-9) and (distance <= _COARSEST * abs(value) or distance < 1e-9)
