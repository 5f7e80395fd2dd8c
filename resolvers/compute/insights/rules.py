"""Facts in words, by rules: the same facts give the same sentences, wherever and whenever."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from resolvers.compute.insights.regime import RANGING_ADX, TRENDING_ADX
from resolvers.model.facts import Facts
from resolvers.model.insight import Point, SaidNumber, Words

_HIGH_RSI, _LOW_RSI = 70, 30  # Wilder 1978
_MANY_TIMES, _FEW_TIMES = 1.5, 0.67
_UPPER_PLACE, _LOWER_PLACE = 80, 20

TRENDS: Final[Mapping[int, str]] = {1: "up", 0: "none", -1: "down"}

REGIMES: Final[Mapping[str | None, str]] = {
    "TRENDING_UP": "trending up",
    "TRENDING_DOWN": "trending down",
    "VOLATILE": "volatile",
    "RANGING": "ranging",
    "UNDECIDED": "between a trend and a range",
    None: "not known",
}


class _Telling:
    """One sentence in the making, and the numbers that it has got."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.numbers: list[SaidNumber] = []

    def __call__(self, name: str, *, is_size: bool = False, limits: Sequence[float] = ()) -> str:
        """
        The text of the fact called *name*, of its size alone if it *is_size*, noted as said.

        Args:
            limits: What the sentence says of it depends on these: 70.04 is high, and must not be told as 70.0.
        """
        fact = self.facts.get(name)
        if fact is None:
            raise KeyError(name)
        text = fact.text_beside(limits)
        text = text.removeprefix("-") if is_size else text
        self.numbers.append(SaidNumber(text=text, value=fact.value, field=fact.field))
        return text

    def has(self, name: str) -> bool:
        """Whether there is a fact called *name*."""
        return self.facts.get(name) is not None


def words_by_rules(facts: Facts) -> Words:
    """A summary, and a sentence for each fact that there is a rule for."""
    points = []
    for name, sentence in _SENTENCES.items():
        fact = facts.get(name)
        if fact is not None:
            telling = _Telling(facts)
            text = sentence(telling, fact.value)
            numbers = tuple(telling.numbers)
            points.append(Point(name=name, text=text, value=fact.value, field=fact.field, numbers=numbers))
    return Words(summary=_summary(_Telling(facts)), points=tuple(points))


def _summary(tell: _Telling) -> str:
    facts = tell.facts
    text = f"{facts.symbol} on {facts.interval.name} is {REGIMES[facts.regime]} on {facts.bar}: {_place(tell)}, "
    text += f"and RSI(14) is {tell('rsi')}."
    if facts.direction is not None:
        text += f" The signal is {facts.direction.value}."
    return text


def _place(tell: _Telling) -> str:
    distance = tell.facts.value("distance")
    if not distance:
        return "the close is on EMA(50)"
    side = "above" if distance > 0 else "below"
    return f"the close of {tell('close')} is {tell('distance', is_size=True)} {side} EMA(50)"


def _trend(tell: _Telling, _: float) -> str:
    place = _place(tell)
    tail = f", and its 5-bar EMA slope is {tell('slope')}." if tell.has("slope") else "."
    return f"{place[0].upper()}{place[1:]}{tail}"


def _rsi(tell: _Telling, value: float) -> str:
    where = "high" if value > _HIGH_RSI else "low" if value < _LOW_RSI else "neither high nor low"
    return f"RSI(14) is {tell('rsi', limits=(_LOW_RSI, _HIGH_RSI))}, which is {where} by Wilder's bounds."


def _adx(tell: _Telling, _: float) -> str:
    adx = tell("adx", limits=(RANGING_ADX, TRENDING_ADX))
    return f"ADX(14) is {adx}; by the rules the market is {REGIMES[tell.facts.regime]}."


def _percent_b(tell: _Telling, value: float) -> str:
    where = "above the upper band" if value > 1 else "below the lower band" if value < 0 else "inside the bands"
    return f"%B(20) is {tell('percent_b', limits=(0, 1))}: the close is {where} of Bollinger."


def _atr(tell: _Telling, _: float) -> str:
    text = f"ATR(14) is {tell('atr')} of the close"
    return text + (f", and its 252-bar ATR multiple is {tell('atr_times')}." if tell.has("atr_times") else ".")


def _volume(tell: _Telling, value: float) -> str:
    how = "much" if value >= _MANY_TIMES else "little" if value <= _FEW_TIMES else "usual"
    return f"The 20-bar volume multiple is {tell('volume', limits=(_FEW_TIMES, _MANY_TIMES))}, which is {how}."


def _return(tell: _Telling, _: float) -> str:
    return f"The 20-bar return is {tell('return')}."


def _range(tell: _Telling, value: float) -> str:
    where = "near the top" if value >= _UPPER_PLACE else "near the bottom" if value <= _LOWER_PLACE else "inside"
    return f"The close lies at {tell('place', limits=(_LOWER_PLACE, _UPPER_PLACE))} of the 252-bar range, {where}."


def _signal(tell: _Telling, _: float) -> str:
    said = "" if tell.facts.direction is None else tell.facts.direction.value
    text = f"The signal of {tell.facts.signal_bar} is {said} with a score of {tell('score')}"
    text += f" and an agreement of {tell('agreement')}; "
    known = f"is {tell('confidence')}" if tell.has("confidence") else "is not known"
    if tell.has("confidence") and tell.has("base_rate"):
        known += f", beside a base rate of {tell('base_rate')}"
    return f"{text}its confidence {known}."


_SENTENCES: Final[Mapping[str, Callable[[_Telling, float], str]]] = {
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
