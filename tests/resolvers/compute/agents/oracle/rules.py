"""What the second versions of the agents share."""

import math
from dataclasses import replace
from typing import Any

from tests.resolvers.compute.oracle import ORACLE
from tests.resolvers.compute.oracle.columns import NAN, Column, Given


def shown(given: Given, name: str, **arguments: Any) -> tuple[Column, ...]:
    """An indicator of the API, by its own second version."""
    return ORACLE[name](replace(given, arguments={"of": "CLOSE", **arguments}))


def sign(value: float, tie: float = 0.0) -> float:
    """1, -1, or 0 within *tie*; NaN of NaN."""
    if math.isnan(value):
        return NAN
    return 0.0 if abs(value) <= tie else math.copysign(1, value)


def price_signs(given: Given, differences: Column) -> Column:
    """Signs of differences of prices, where less than 1e-10 of the close is rounding."""
    return [sign(value, 1e-10 * close) for value, close in zip(differences, given.close, strict=True)]


def less(one: Column, other: Column) -> Column:
    """Their differences."""
    return [a - b for a, b in zip(one, other, strict=True)]


def steps(values: Column) -> Column:
    """Each less the one before."""
    return [NAN, *less(values[1:], values[:-1])]


def faded(values: Column, low: float, high: float) -> Column:
    """1 below *low*, -1 above *high*."""
    return [NAN if math.isnan(v) else 1.0 if v < low else -1.0 if v > high else 0.0 for v in values]
