"""Words of a model are shown when all of them can be answered for, and otherwise none."""

import json
from dataclasses import replace
from typing import Any

import pytest

from resolvers.compute.insights.checking import Refused, checked_words
from resolvers.compute.insights.template import MOST_POINT, MOST_SUMMARY, messages, response_format
from resolvers.model.signal import Direction
from tests.resolvers.compute.insights.market import by_hand

_GOOD = {"summary": "ACME is above EMA(50).", "points": [{"fact": "rsi", "text": "RSI(14) is 62.4."}]}


def _content(summary: str | None = None, point: str | None = None, fact: str = "rsi") -> str:
    text = _GOOD["points"][0]["text"] if point is None else point  # type: ignore[index]
    return json.dumps({"summary": summary or _GOOD["summary"], "points": [{"fact": fact, "text": text}]})


def test_words_that_keep_to_the_facts_are_taken() -> None:
    """With the value and the field of the fact, which are ours."""
    words = checked_words(json.dumps(_GOOD), by_hand())
    assert words.summary == "ACME is above EMA(50)."
    (point,) = words.points
    assert (point.name, point.value, point.field) == ("rsi", 62.44, "candles.columns.rsi")
    assert [one.text for one in point.numbers] == ["62.4"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "Sure! Here it is.",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"summary": "ACME."}),
        json.dumps(_GOOD | {"more": 1}),
        json.dumps(_GOOD | {"points": []}),
        json.dumps(_GOOD | {"points": _GOOD["points"] * 9}),  # type: ignore[operator]
        json.dumps(_GOOD | {"summary": 1}),
        json.dumps(_GOOD | {"points": [{"fact": "rsi"}]}),
        json.dumps(_GOOD | {"points": [{"fact": "rsi", "text": "RSI(14) is 62.4.", "why": ""}]}),
        json.dumps(_GOOD | {"points": ["RSI(14) is 62.4."]}),
    ],
)
def test_another_form_is_refused(content: str) -> None:
    """No JSON, not ours, more or less than was asked for."""
    with pytest.raises(Refused, match=r"JSON|form"):
        checked_words(content, by_hand())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"summary": "RSI(14) is 99."}, "number"),
        ({"summary": "ACME gained seven percent."}, "number"),
        ({"point": "RSI(14) is 62.4, after 61.0."}, "number"),
        ({"point": "RSI(14) is high."}, "does not contain its value"),
        ({"point": "ADX(14) is 31.2."}, "does not contain its value"),
        ({"fact": "news"}, "about no fact"),
        ({"summary": " "}, "empty"),
        ({"summary": "A" * (MOST_SUMMARY + 1)}, "characters"),
        ({"point": "b" * (MOST_POINT + 1)}, "characters"),
        ({"summary": "ACME\u0007 rises."}, "plain text"),
        ({"summary": "See https://example.com"}, "plain text"),
        ({"summary": "ACME, like MSFT, is strong."}, "names 'MSFT'"),
        ({"summary": "ACME and $f are strong."}, "names"),
        ({"summary": "ACME.B is strong."}, "names 'ACME.B'"),
        ({"summary": "ACME rises with ETH_USDT."}, "names 'ETH_USDT'"),
        ({"summary": "ACME rises with ZQ=X."}, "names 'ZQ=X'"),
        ({"summary": "The signal is SELL."}, "says SELL"),
        ({"summary": "The signal is a sell."}, "says SELL"),
        ({"summary": "Sell signal on ACME."}, "says SELL"),
        ({"summary": "The signal says hold."}, "says HOLD"),
        ({"summary": "It is likely to recover."}, "claims"),
        ({"summary": "The forecast is bright."}, "claims"),
        ({"summary": "A guaranteed gain."}, "claims"),
        ({"summary": "This is profitable."}, "claims"),
        ({"summary": "The price will surely rise."}, "claims"),
        ({"summary": "You should act."}, "claims"),
        ({"summary": "It earns money."}, "claims"),
        ({"summary": "A risk-free trade."}, "claims"),
        ({"summary": "ACME is bound to recover."}, "claims"),
    ],
)
def test_what_cannot_be_answered_for_is_refused(given: dict[str, Any], why: str) -> None:
    """Numbers, symbols and directions that were not given, claims, and what is too long; it says which."""
    with pytest.raises(Refused, match=why):
        checked_words(_content(**given), by_hand())


def test_the_signals_own_direction_may_be_said() -> None:
    """And none where there is no signal."""
    said = _content(summary="The signal is BUY.")
    assert checked_words(said, by_hand()).summary == "The signal is BUY."
    for direction in (None, Direction.HOLD):
        with pytest.raises(Refused, match="says BUY"):
            checked_words(said, by_hand(direction=direction))


def test_prices_may_hold_above_an_average() -> None:
    """Which is a verb, and no signal; and the direction that was given may be said in small letters."""
    said = _content(summary="The signal is a buy; prices hold above EMA(50), and selling is light.")
    assert checked_words(said, by_hand()).summary.startswith("The signal is a buy")


def test_a_symbol_may_be_a_number_word() -> None:
    """As it is written; the word itself is a number still."""
    facts = replace(by_hand(), symbol="TEN")
    assert checked_words(_content(summary="TEN is above EMA(50)."), facts).summary == "TEN is above EMA(50)."
    with pytest.raises(Refused, match="number that was not given: ten"):
        checked_words(_content(summary="TEN rose ten times."), facts)


@pytest.mark.parametrize(
    "symbol", ["^GSPC", "EURUSD=X", "BINANCE:BTCUSDT", "BTC_USDT", "BRK.B", "BTC/USDT", "EUR-USD", "A"]
)
def test_a_symbol_may_have_marks(symbol: str) -> None:
    """All that symbols have; a part of it, or more than it, is another one."""
    facts = replace(by_hand(), symbol=symbol)
    for said in (
        f"{symbol} is above EMA(50).",
        f"It is ({symbol}) above.",
        f"Above EMA(50): {symbol}.",
        f"{symbol}: above.",
    ):
        assert checked_words(_content(summary=said), facts).summary == said
    for other in (f"{symbol}.ZQ", f"ZQ:{symbol}", f"{symbol}/ZQ", f"ZQ{symbol}"):
        with pytest.raises(Refused, match="names"):
            checked_words(_content(summary=f"{other} is above EMA(50)."), facts)


def test_a_model_is_given_what_it_may_say() -> None:
    """Every fact as sentences have it, and their names as the only ones that a point may be about."""
    facts = by_hand()
    _, question = messages(facts)
    given = json.loads(question["content"])
    assert {one["name"]: one["value"] for one in given["facts"]} == {one.name: one.text for one in facts.numbers}
    assert (given["symbol"], given["bar"], given["signal"]["direction"]) == ("ACME", "2024-02-02", "BUY")
    schema = response_format(facts)["json_schema"]["schema"]
    assert schema["properties"]["points"]["items"]["properties"]["fact"]["enum"] == [one.name for one in facts.numbers]
