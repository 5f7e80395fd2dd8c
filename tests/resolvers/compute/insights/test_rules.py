"""Sentences by rules: always there, always the same, and with no number of their own."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from resolvers.compute.insights.checking import checked_words
from resolvers.compute.insights.rules import REGIMES, words_by_rules
from resolvers.compute.insights.said_numbers import said_numbers
from resolvers.model.facts import Fact, Facts, Unit
from resolvers.model.interval import Interval
from resolvers.model.signal import ConfidenceBasis, Direction
from tests.bars import spaced
from tests.resolvers.compute.insights.market import a_signal, by_hand, facts_at
from tests.resolvers.compute.real import real_series


def test_facts_by_hand_in_words() -> None:
    """The sentences, whole."""
    words = words_by_rules(by_hand())
    assert words.summary == (
        "ACME on D1 is trending up on 2024-02-02: the close of 343.46 is 1.1 % above EMA(50), and RSI(14) is 62.4."
        " The signal is BUY."
    )
    assert [one.text for one in words.points] == [
        "The close of 343.46 is 1.1 % above EMA(50).",
        "ADX(14) is 31.2; by the rules the market is trending up.",
        "RSI(14) is 62.4, which is neither high nor low by Wilder's bounds.",
        "The 20-bar volume multiple is 2.00, which is much.",
        "The 20-bar return is -3.4 %.",
        "The signal of 2024-02-02 is BUY with a score of 0.42 and an agreement of 0.62; its confidence is not known.",
    ]
    close, distance = words.points[0].numbers
    assert (close.text, close.value, close.field) == ("343.46", 343.46, "candles.columns.close")
    assert (distance.text, distance.value) == ("1.1 %", 1.077)
    assert all(one.numbers for one in words.points)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rsi", 70.04, "RSI(14) is 70.04, which is high by Wilder's bounds."),
        ("rsi", 29.996, "RSI(14) is 29.996, which is low by Wilder's bounds."),
        ("rsi", 70.0, "RSI(14) is 70.0, which is neither high nor low by Wilder's bounds."),
        ("adx", 24.97, "ADX(14) is 24.97; by the rules the market is trending up."),
        ("percent_b", 1.003, "%B(20) is 1.003: the close is above the upper band of Bollinger."),
        ("percent_b", 0.998, "%B(20) is 0.998: the close is inside the bands of Bollinger."),
        ("volume", 1.497, "The 20-bar volume multiple is 1.497, which is usual."),
        ("volume", 1.5, "The 20-bar volume multiple is 1.50, which is much."),
        ("place", 79.96, "The close lies at 79.96 % of the 252-bar range, inside."),
        ("place", 80.04, "The close lies at 80.04 % of the 252-bar range, near the top."),
    ],
)
def test_a_rounded_number_is_on_the_side_of_a_limit_that_its_sentence_says(name: str, value: float, said: str) -> None:
    """Who reads 70.0 and that high is above 70 must not be told that it is high."""
    labels = {"percent_b": ("%B(20)", Unit.TIMES), "place": ("252-bar range", Unit.PERCENT)}
    facts = by_hand()
    label, unit = labels.get(name) or next((one.label, one.unit) for one in facts.numbers if one.name == name)
    fact = Fact(name=name, label=label, value=value, unit=unit, field="candles")
    facts = replace(facts, numbers=(*(one for one in facts.numbers if one.name != name), fact))
    (point,) = (one for one in words_by_rules(facts).points if one.name == name)
    assert (point.text, point.value) == (said, value)
    assert said_numbers(point.text, facts, fact)[0].value == value


def test_a_confidence_is_never_told_without_its_base_rate() -> None:
    """Where its producer says what that is."""
    basis = ConfidenceBasis(fit="2024-02-5-0123456789ab", base_rate=0.51, cases=500)
    facts = facts_at(spaced(400, Interval.D1), 399, signal=a_signal(basis=basis))
    assert facts is not None
    last = words_by_rules(facts).points[-1]
    assert last.text.endswith("its confidence is 0.54, beside a base rate of 0.51.")
    assert last.numbers[-1].field == "latestSignal(interval: D1).confidenceBasis.baseRate"


def _as_answered(facts: Facts) -> str:
    words = words_by_rules(facts)
    points = [{"fact": one.name, "text": one.text} for one in words.points[:8]]
    return json.dumps({"summary": words.summary, "points": points})


@pytest.mark.parametrize("seed", range(5))
def test_they_would_pass_as_a_models_words(seed: int) -> None:
    """On any market: what rules say keeps what is asked of a model, its form and length included."""
    bars = spaced(500, Interval.D1, seed=seed)
    for at in range(60, 500, 7):
        facts = facts_at(bars, at, signal=a_signal(direction=list(Direction)[at % 3]))
        assert facts is not None
        checked = checked_words(_as_answered(facts), facts)
        assert checked.points == words_by_rules(facts).points[:8]


def test_every_regime_has_words() -> None:
    """None too."""
    assert all(regime is None or REGIMES[regime] for regime in REGIMES)
    assert "is not known on" in words_by_rules(by_hand(regime=None)).summary


def test_real_series_have_sentences_of_their_numbers(real_prices: Path) -> None:
    """On the newest bar of real series, prices of any height: what a sentence says it says is what a reader finds."""
    series = real_series(real_prices)
    assert len(series) > 30
    for bars, _ in series.values():
        facts = facts_at(bars, len(bars) - 1)
        if facts is not None:
            points = words_by_rules(facts).points
            assert len(points) >= 6
            assert [one.numbers for one in points] == [
                said_numbers(one.text, facts, facts.get(one.name)) for one in points
            ]
