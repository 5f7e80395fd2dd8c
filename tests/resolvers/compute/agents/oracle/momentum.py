"""Momentum agents."""

import math

from tests.resolvers.compute.agents.oracle.rules import less, price_signs, shown, sign, steps
from tests.resolvers.compute.oracle.averages import weighted
from tests.resolvers.compute.oracle.columns import NAN, Column, Given, exponential, mean, rolling


def _tsi(given: Given) -> Column:
    moves = steps(given.close)
    net = exponential(exponential(moves, 25), 13)
    gross = exponential(exponential([abs(move) for move in moves], 25), 13)
    index = [100 * a / b if b else NAN if math.isnan(b) else 0.0 for a, b in zip(net, gross, strict=True)]
    return [sign(value, 1e-9) for value in less(index, exponential(index, 7))]


def _trix(given: Given) -> Column:
    smooth = exponential(exponential(exponential(given.close, 15), 15), 15)
    return [sign(100 * move / value, 1e-9) for move, value in zip(steps(smooth), smooth, strict=True)]


def _coppock(given: Given) -> Column:
    (long,), (short,) = shown(given, "roc", period=14), shown(given, "roc", period=11)
    curve = weighted([a + b for a, b in zip(long, short, strict=True)], 10)
    return [
        NAN if math.isnan(step) else float((value < 0 and step > 0) - (value > 0 and step < 0))
        for value, step in zip(curve, steps(curve), strict=True)
    ]


def _force(given: Given) -> Column:
    flows = [move * volume for move, volume in zip(steps(given.close), given.volume, strict=True)]
    return [sign(value) for value in exponential(flows, 13)]


def _awesome(given: Given) -> Column:
    middle = [(high + low) / 2 for high, low in zip(given.high, given.low, strict=True)]
    return price_signs(given, less(rolling(middle, 5, mean), rolling(middle, 34, mean)))


MOMENTUM = {
    "macd_histogram": lambda given: price_signs(given, shown(given, "macd", fast=12, slow=26, signal=9)[2]),
    "rsi_50": lambda given: [sign(value - 50, 1e-9) for value in shown(given, "rsi", period=14)[0]],
    "roc_10": lambda given: [sign(value) for value in shown(given, "roc", period=10)[0]],
    "roc_63": lambda given: [sign(value) for value in shown(given, "roc", period=63)[0]],
    "tsi": _tsi,
    "trix": _trix,
    "coppock": _coppock,
    "elder_force": _force,
    "awesome_oscillator": _awesome,
}
