"""Every number of a text is a fact, or it is invented."""

import pytest

from resolvers.compute.insights.said_numbers import Invented, said_numbers
from tests.resolvers.compute.insights.market import by_hand


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("RSI(14) is 62.4 on D1", ["rsi"]),
        ("rsi(14) stands at 62", ["rsi"]),
        ("RSI(14): 62.44", ["rsi"]),
        ("ACME closed 2024-02-02 at 343.46, 1.1 % above EMA(50) at 339.8", ["close", "distance", "ema"]),
        ("about 343, or 3.4346e2", ["close", "close"]),
        ("The 20-bar return is -3.4 %", ["return"]),
        ("The 20-bar return is \u22123.4%", ["return"]),
        ("it fell 3.4 percent in that time", ["return"]),
        ("an agreement of 0.62, that is 62 %", ["agreement", "agreement"]),
        ("a volume of 2.00 times, two times, twice its mean", ["volume", "volume", "volume"]),
        ("The 20-bar return is minus 3.4 %, or -340 basis points", ["return", "return"]),
        ("RSI(14) has fallen to 62.4, and is 62.4", ["rsi", "rsi"]),
        ("The close is above EMA(50), at 343.46", ["close"]),
        ("RSI is 62.4, and EMA at 339.8, na\u00efve as it is", ["rsi", "ema"]),
        ("no number at all", []),
    ],
)
def test_facts_are_found(text: str, names: list[str]) -> None:
    """Rounded, with and without sign, as digits and as words, and each with its value and field."""
    facts = by_hand()
    found = said_numbers(text, facts)
    assert [one.field for one in found] == [f"candles.columns.{name}" for name in names]
    assert [one.value for one in found] == [facts.value(name) for name in names]


@pytest.mark.parametrize(
    "text",
    [
        "RSI(14) is 63",
        "RSI(14) is 62.5",
        "RSI(15) is 62.4",
        "RSI(14) is 31.2",
        "a 20-day return",
        "the 50-bar average",
        "it fell 3.4 times",
        "a return of 343.46 %",
        "+3.4 %",
        "the close is -343.46",
        "343.46 thousand",
        "3,434.6",
        "a score of 1",
        "a score of 0.4 or 0.8",
        "an agreement of 0.42",
        "since 2024-02-01",
        "in 2024",
        "on 2 February",
        "three bars in a row",
        "twenty-five percent",
        "half of it",
        "one of them",
        "a dozen",
        "\u0663\u0664\u0663",
        "62\u00bd",
        "343.46.1",
        "0x62",
        "H4",
        "a distance of minus 1.1 %",
        "a distance of negative 1.1 %",
        "a distance of \u20131.1 %",
        "a distance of \u20141.1 %",
        "a distance of - 1.1 %",
        "a distance of \uff0d1.1 %",
        "minus twice",
        "RSI(14) in the sixties",
        "a tenth of its range",
        "fell by a fifth",
        "a threefold volume",
        "half-hearted, or halved",
        "it has quadrupled",
        "a trillion",
        "RSI(14) is s\u0435venty",
        "\uff32\uff33\uff29",
        "62.4\uff05",
        "62.4 pct",
        "62.4 \u2030",
        "62.4 bps",
        "RSI of 343",
        "RSI 339.8",
        "RSI(14) has fallen to 31.2",
        "RSI(14) is near 31.2",
        "ADX(14) has reached 62.4",
        "62.4x100",
        "1e9",
    ],
)
def test_what_is_no_fact_is_invented(text: str) -> None:
    """Another value, another unit, another sign, too coarse, another name's, words, other scripts."""
    with pytest.raises(Invented):
        said_numbers(text, by_hand())
