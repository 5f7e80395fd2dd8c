"""Facts in words, by rules: the same facts give the same sentences, wherever and whenever."""

from collections.abc import Callable, Mapping
from typing import Final

from resolvers.compute.insights.said_numbers import said_numbers
from resolvers.model.facts import Fact, Facts
from resolvers.model.insight import Point, Words

_HIGH_RSI, _LOW_RSI = 70, 30  # Wilder 1978
_MANY_TIMES, _FEW_TIMES = 1.5, 0.67
_UPPER_PLACE, _LOWER_PLACE = 80, 20

REGIMES: Final[Mapping[str | None, str]] = {
    "TRENDING_UP": "trending up",
    "TRENDING_DOWN": "trending down",
    "VOLATILE": "volatile",
    "RANGING": "ranging",
    "UNDECIDED": "between a trend and a range",
    None: "not known",
}


def words_by_rules(facts: Facts) -> Words:
    """A summary, and a sentence for each fact that there is a rule for."""
    points = []
    for name, sentence in _SENTENCES.items():
        fact = facts.get(name)
        if fact is not None:
            text = sentence(facts, fact)
            numbers = said_numbers(text, facts, fact)
            points.append(Point(name=name, text=text, value=fact.value, field=fact.field, numbers=numbers))
    return Words(summary=_summary(facts), points=tuple(points))


def _summary(facts: Facts) -> str:
    text = f"{facts.symbol} on {facts.interval.name} is {REGIMES[facts.regime]} on {facts.bar}: {_place(facts)}, "
    text += f"and RSI(14) is {_text(facts, 'rsi')}."
    if facts.direction is not None:
        text += f" The signal is {facts.direction.value}."
    return text


def _place(facts: Facts) -> str:
    distance = facts.value("distance")
    side = "above" if distance > 0 else "below"
    if not distance:
        return "the close is on EMA(50)"
    return f"the close of {_text(facts, 'close')} is {_size(facts.get('distance'))} {side} EMA(50)"


def _trend(facts: Facts, _: Fact) -> str:
    slope = facts.get("slope")
    tail = "." if slope is None else f", and its 5-bar EMA slope is {slope.text}."
    place = _place(facts)
    return f"{place[0].upper()}{place[1:]}{tail}"


def _rsi(_: Facts, fact: Fact) -> str:
    where = "high" if fact.value > _HIGH_RSI else "low" if fact.value < _LOW_RSI else "neither high nor low"
    return f"RSI(14) is {fact.text}, which is {where} by Wilder's bounds."


def _adx(facts: Facts, fact: Fact) -> str:
    return f"ADX(14) is {fact.text}; by the rules the market is {REGIMES[facts.regime]}."


def _percent_b(_: Facts, fact: Fact) -> str:
    where = "above the upper" if fact.value > 1 else "below the lower" if fact.value < 0 else "inside the"
    return f"%B(20) is {fact.text}: the close is {where} Bollinger band{'s' if 0 <= fact.value <= 1 else ''}."


def _atr(facts: Facts, fact: Fact) -> str:
    times = facts.get("atr_times")
    tail = "" if times is None else f", and its 252-bar ATR multiple is {times.text}"
    return f"ATR(14) is {fact.text} of the close{tail}."


def _volume(_: Facts, fact: Fact) -> str:
    how = "much" if fact.value >= _MANY_TIMES else "little" if fact.value <= _FEW_TIMES else "usual"
    return f"The 20-bar volume multiple is {fact.text}, which is {how}."


def _return(_: Facts, fact: Fact) -> str:
    return f"The 20-bar return is {fact.text}."


def _range(_: Facts, fact: Fact) -> str:
    where = (
        "near the top" if fact.value >= _UPPER_PLACE else "near the bottom" if fact.value <= _LOWER_PLACE else "inside"
    )
    return f"The close lies at {fact.text} of the 252-bar range, {where}."


def _signal(facts: Facts, fact: Fact) -> str:
    said = "" if facts.direction is None else facts.direction.value
    text = f"The signal of {facts.signal_bar} is {said} with a score of {fact.text}"
    text += f" and an agreement of {_text(facts, 'agreement')}; "
    known = facts.get("confidence")
    return text + ("its confidence is not known." if known is None else f"its confidence is {known.text}.")


def _text(facts: Facts, name: str) -> str:
    found = facts.get(name)
    return "unknown" if found is None else found.text


def _size(fact: Fact | None) -> str:
    return "" if fact is None else fact.text.removeprefix("-")


_SENTENCES: Final[Mapping[str, Callable[[Facts, Fact], str]]] = {
    "distance": _trend,
    "adx": _adx,
    "rsi": _rsi,
    "percent_b": _percent_b,
    "atr": _atr,
    "volume": _volume,
    "return": _return,
    "place": _range,
    "score": _signal,
}
