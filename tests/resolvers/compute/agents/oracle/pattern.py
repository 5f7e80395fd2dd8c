"""Pattern agents."""

from collections.abc import Callable

from tests.resolvers.compute.oracle.columns import NAN, Column, Given, mean

Candle = tuple[float, float, float, float]


def _candles(given: Given) -> list[Candle]:
    return list(zip(given.open, given.high, given.low, given.close, strict=True))


def _after_a_trend(given: Given, turn: Callable[[list[Candle], int], int]) -> Column:
    """Upward turns after a close below the mean of ten closes, and downward ones after one above it."""
    votes, candles = [NAN] * min(10, len(given.close)), _candles(given)
    for at in range(10, len(candles)):
        away, shape = given.close[at - 1] - mean(given.close[at - 10 : at]), turn(candles, at)
        was = 0 if abs(away) <= 1e-10 * given.close[at - 1] else 1 if away > 0 else -1
        votes.append(float(shape if shape == -was else 0))
    return votes


def _engulfs(candles: list[Candle], at: int) -> int:
    first, _, _, last = candles[at - 1]
    opened, _, _, closed = candles[at]
    if abs(closed - opened) <= abs(last - first):
        return 0
    if last < first and opened <= last and closed >= first:
        return 1
    if last > first and opened >= last and closed <= first:
        return -1
    return 0


def _hammers(candles: list[Candle], at: int) -> int:
    opened, high, low, closed = candles[at]
    body, above, under = abs(closed - opened), high - max(opened, closed), min(opened, closed) - low
    if under >= 2 * body and above <= 0.1 * (high - low) and under > above:
        return 1
    if above >= 2 * body and under <= 0.1 * (high - low) and above > under:
        return -1
    return 0


def _stars(given: Given) -> Column:
    votes, candles = [NAN] * min(12, len(given.close)), _candles(given)
    for at in range(12, len(candles)):
        (one, _, _, first), (two, _, _, second), (three, _, _, third) = candles[at - 2 : at + 1]
        usual = mean([abs(closed - opened) for opened, _, _, closed in candles[at - 12 : at - 2]])
        shape = abs(first - one) > usual > abs(second - two)
        # Half of the body back from the close, in the terms of the rule.
        depth = first - 0.5 * (first - one)
        morning = shape and first < one and max(two, second) < first and third > three and third > depth
        evening = shape and first > one and min(two, second) > first and third < three and third < depth
        votes.append(float(morning - evening))
    return votes


PATTERN = {
    "engulfing": lambda given: _after_a_trend(given, _engulfs),
    "hammer_star": lambda given: _after_a_trend(given, _hammers),
    "three_bar_star": _stars,
}
