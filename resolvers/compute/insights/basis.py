"""What words of a model were made for, beside the facts of the present."""

import math
from datetime import UTC, datetime
from typing import Final

from resolvers.compute.insights.rules import TRENDS
from resolvers.model.facts import PRICE_STEP, RSI_STEP, Facts, price_text
from resolvers.model.insight import ModelWords

_LARGEST: Final = 1.0


def similarity(held: ModelWords, facts: Facts) -> float:
    """
    How near two states of one key are: 1 where close and RSI are equal, towards 0 where they are a whole step apart.

    One less the mean of both distances, each in units of its step.
    """
    price = abs(math.log(facts.value("close") / held.close)) / PRICE_STEP
    rsi = abs(facts.value("rsi") - held.rsi) / RSI_STEP
    return 1 - (min(price, _LARGEST) + min(rsi, _LARGEST)) / 2


def basis_of(held: ModelWords, facts: Facts) -> str:
    """Which bar words of a model were made for, what its numbers were, when; and where that differs, what they are."""
    made = datetime.fromtimestamp(held.made_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    state = f"close {price_text(held.close)}, RSI(14) {held.rsi:.1f}, trend {TRENDS[held.trend]}"
    text = f"Words of a language model, made at {made} for the {facts.interval.name} bar of {held.bar} ({state});"
    if held.fingerprint == facts.fingerprint:
        return f"{text} every number in them was given to it."
    now = f"close {price_text(facts.value('close'))}, RSI(14) {facts.value('rsi'):.1f}, trend {TRENDS[facts.trend]}"
    return f"{text} their numbers are of that state, and not of the present one, the bar of {facts.bar} ({now})."
