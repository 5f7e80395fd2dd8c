"""Published tables and sums done by hand, none of which came from TA-Lib."""

import numpy as np
import pytest

from resolvers.compute.catalog import CATALOG, checked_arguments, computed
from resolvers.model.bars import Bars, Series
from tests.resolvers.compute.simulated import bars_of, closes, days_of

# StockCharts ChartSchool, "Relative Strength Index (RSI)": the table of the 14-day RSI of QQQQ.
RSI_CLOSES = """
44.3389 44.0902 44.1497 43.6124 44.3278 44.8264 45.0955 45.4245 45.8433 46.0826 45.8931 46.0328 45.6140 46.2820
46.2820 46.0028 46.0328 46.4116 46.2222 45.6439 46.2122 46.2521 45.7137 46.4515 45.7835 45.3548 44.0288 44.1783
44.2181 44.5672 43.4205 42.6628 43.1314
"""
RSI_VALUES = """
70.53 66.32 66.55 69.41 66.36 57.97 62.93 63.26 56.06 62.38 54.71 50.42 39.99 41.46 41.87 45.46 37.30 33.08 37.77
"""

# StockCharts ChartSchool, "Moving Averages: Simple and Exponential": the table of the 10-day averages of INTC.
AVERAGE_CLOSES = """
22.2734 22.1940 22.0847 22.1741 22.1840 22.1344 22.2337 22.4323 22.2436 22.2933 22.1542 22.3926 22.3816 22.6109
23.3558 24.0519 23.7530 23.8324 23.9516 23.6338 23.8225 23.8722 23.6537 23.1870 23.0976 23.3260 22.6805 23.0976
22.4025 22.1725
"""
SMA_VALUES = """
22.22 22.21 22.23 22.26 22.31 22.42 22.61 22.77 22.91 23.08 23.21 23.38 23.53 23.65 23.71 23.69 23.61 23.51 23.43
23.28 23.13
"""
EMA_VALUES = """
22.22 22.21 22.24 22.27 22.33 22.52 22.80 22.97 23.13 23.28 23.34 23.43 23.51 23.54 23.47 23.40 23.39 23.26 23.23
23.08 22.92
"""


def _numbers(text: str) -> Series:
    return np.array(text.split(), float)


def _values(name: str, bars: Bars, **given: object) -> tuple[Series, ...]:
    return computed(CATALOG[name], bars, days_of(bars), checked_arguments(CATALOG[name], given))


def _bars(*rows: tuple[float, float, float, float]) -> Bars:
    """Bars of ``(high, low, close, volume)``."""
    high, low, close, volume = np.array(rows, float).T.copy()
    return bars_of(close, high, low, close, volume)


@pytest.mark.parametrize(
    ("name", "period", "prices", "table"),
    [
        ("rsi", 14, RSI_CLOSES, RSI_VALUES),
        ("sma", 10, AVERAGE_CLOSES, SMA_VALUES),
        ("ema", 10, AVERAGE_CLOSES, EMA_VALUES),
    ],
)
def test_chartschool_tables(name: str, period: int, prices: str, table: str) -> None:
    """To the two decimals that are printed, and nothing before the first printed value."""
    (column,) = _values(name, closes(*_numbers(prices)), period=period)
    expected = _numbers(table)
    assert np.isnan(column[: -len(expected)]).all()
    np.testing.assert_allclose(column[-len(expected) :], expected, rtol=0, atol=0.0051)


def test_wilders_rsi_step_by_step() -> None:
    """Two gains of 1 and a loss of 1, then a gain of 3: averages 2/3 and 1/3, then (2 * 2/3 + 3) / 3 and 2/9."""
    (column,) = _values("rsi", closes(10, 11, 10, 11, 14), period=3)
    np.testing.assert_allclose(column[3:], [100 * 2 / 3, 100 * (13 / 9) / (13 / 9 + 2 / 9)])


def test_bollinger_of_the_classic_eight_numbers() -> None:
    """2 4 4 4 5 5 7 9 have mean 5 and population standard deviation 2."""
    upper, middle, lower, percent_b, bandwidth = (
        column[-1] for column in _values("bollinger", closes(2, 4, 4, 4, 5, 5, 7, 9), period=8, deviations=2)
    )
    assert (upper, middle, lower, percent_b, bandwidth) == (9, 5, 1, 1, 8 / 5)


def test_standard_deviation_and_z_score_of_the_same_eight() -> None:
    """The last, 9, is two deviations above the mean."""
    bars = closes(2, 4, 4, 4, 5, 5, 7, 9)
    assert _values("standardDeviation", bars, period=8)[0][-1] == 2
    assert _values("zScore", bars, period=8)[0][-1] == 2


def test_atr_counts_the_gap() -> None:
    """Ranges 3 (gap up from 10 to 13), 1 and 4 (gap down from 13 to 9): mean 2 of two, then (2 + 4) / 2."""
    (column,) = _values("atr", _bars((11, 9, 10, 1), (13, 12, 12.5, 1), (13.5, 12.5, 13, 1), (10, 9, 9, 1)), period=2)
    np.testing.assert_array_equal(column, [np.nan, np.nan, 2, 3])


def test_macd_of_a_straight_line() -> None:
    """On a line of slope 1 an average of p bars lags (p - 1) / 2: 12.5 less 5.5 is 7, and the histogram is 0."""
    line, signal, histogram = (column[-1] for column in _values("macd", closes(*range(1, 61))))
    assert (line, signal, histogram) == pytest.approx((7, 7, 0), abs=1e-12)


def test_weighted_averages_of_three() -> None:
    """(1 + 2 * 2 + 3 * 6) / 6 for WMA; Hull's on a line has no lag."""
    assert _values("wma", closes(1, 2, 6), period=3)[0][-1] == pytest.approx(23 / 6)
    assert _values("hma", closes(*range(1, 9)), period=4)[0][-1] == pytest.approx(8)


def test_double_and_triple_averages_catch_up_with_a_line() -> None:
    """Their point is that a straight line has no lag left."""
    for name in ("dema", "tema"):
        assert _values(name, closes(*range(1, 61)), period=5)[0][-1] == pytest.approx(60)


def test_kama_on_a_straight_line_runs_at_its_fastest() -> None:
    """Efficiency 1 gives the constant (2/3)²: from 2 towards 3 and then 4."""
    (column,) = _values("kama", closes(1, 2, 3, 4), period=2)
    first = 2 + 4 / 9 * (3 - 2)
    np.testing.assert_allclose(column[2:], [first, first + 4 / 9 * (4 - first)])


def test_stochastic_and_williams_by_hand() -> None:
    """A close of 13 between a low of 9 and a high of 14 lies at 80 %, which Williams counts from the top."""
    bars = _bars((12, 9, 10, 1), (13, 10, 12, 1), (14, 11, 13, 1))
    assert _values("stochastic", bars, period=3, smoothing=1, signal=1)[0][-1] == 80
    assert _values("williamsR", bars, period=3)[0][-1] == -20


def test_aroon_by_hand() -> None:
    """High one bar ago, low four bars ago, of a period of four: 75 and 0."""
    bars = _bars((9, 1, 5, 1), (6, 4, 5, 1), (7, 4, 5, 1), (10, 4, 5, 1), (8, 4, 5, 1))
    assert [column[-1] for column in _values("aroon", bars, period=4)] == [75, 0, 75]


def test_cci_by_hand() -> None:
    """Typical prices 1, 2 and 6 have mean 3 and mean deviation 2: 3 / (0.015 * 2)."""
    assert _values("cci", closes(1, 2, 6), period=3)[0][-1] == pytest.approx(100)


def test_directional_movement_by_hand() -> None:
    """Up 1 in a range of 2 on each bar: +DI 50, -DI 0, ADX 100."""
    bars = _bars(*((12 + i, 10 + i, 11 + i, 1) for i in range(8)))
    adx, plus, minus = (column[-1] for column in _values("adx", bars, period=3))
    assert (adx, plus, minus) == pytest.approx((100, 50, 0))


def test_money_flow_by_hand() -> None:
    """Turnover 2 * 30 on a rise and 1 * 40 on a fall: 60 %; the first bar has no bar before it."""
    bars = _bars((1, 1, 1, 99), (2, 2, 2, 30), (1, 1, 1, 40))
    assert _values("mfi", bars, period=2)[0][-1] == pytest.approx(60)


def test_volume_lines_by_hand() -> None:
    """10, then +5 on a rise, nothing on a draw, -2 on a fall."""
    bars = _bars((2, 0.5, 1, 10), (3, 1, 3, 5), (4, 2, 3, 7), (3, 1, 1, 2))
    np.testing.assert_array_equal(_values("obv", bars)[0], [10, 15, 15, 13])
    # The close lies a third up, at the top, in the middle, at the bottom: -1/3, 1, 0 and -1 of the volume.
    np.testing.assert_allclose(_values("accumulationDistribution", bars)[0], [-10 / 3, 5 / 3, 5 / 3, -1 / 3])
    assert _values("cmf", bars, period=4)[0][-1] == pytest.approx(-1 / 3 / 24)


def test_vwap_restarts_with_the_session() -> None:
    """(10 * 1 + 20 * 3) / 4 at the second bar; the third opens a new session."""
    bars = _bars((10, 10, 10, 1), (20, 20, 20, 3), (30, 30, 30, 2))
    (column,) = computed(CATALOG["vwap"], bars, np.array([1, 1, 2]), {})
    np.testing.assert_array_equal(column, [10, 17.5, 30])


def test_ichimoku_spans_are_those_of_an_earlier_bar() -> None:
    """Ranges of 1, 2 and 3 bars, displaced by one: the spans at the fourth bar are the third's."""
    bars = _bars((10, 8, 9, 1), (12, 10, 11, 1), (11, 5, 6, 1), (20, 18, 19, 1))
    found = _values("ichimoku", bars, conversion=1, base=2, span=3, displacement=1)
    assert [column[-1] for column in found] == [19, 12.5, (8 + 8.5) / 2, 8.5]


def test_parabolic_sar_accelerates_and_reverses() -> None:
    """From the first low, 9, by 2 % of the way to 11, but not into the last two lows; then the fall takes it to 12."""
    bars = _bars((10, 9, 9.5, 1), (11, 9.8, 10.5, 1), (12, 10.6, 11.5, 1), (11, 8, 8.5, 1))
    (column,) = _values("parabolicSar", bars)
    np.testing.assert_allclose(column, [np.nan, 9, 9.04, 12])


def test_supertrend_turns_when_the_close_crosses_it() -> None:
    """One true range of 2 below the middle while it rises, above the middle after the fall through it."""
    bars = _bars(*((12 + i, 10 + i, 11 + i, 1) for i in range(5)), (11, 9, 9, 1))
    value, direction = _values("supertrend", bars, period=2, multiplier=1)
    np.testing.assert_array_equal(direction, [np.nan, np.nan, 1, 1, 1, -1])
    # True ranges 2 until the fall from 15 to 9, which is 6: (2 + 6) / 2 above the middle of the last bar.
    np.testing.assert_allclose(value[2:], [11, 12, 13, 14])


def test_regression_slope_and_rate_of_change_by_hand() -> None:
    """Least squares through 1 2 6 rises 2.5 a bar; from 2 to 6 is 200 %."""
    assert _values("linearRegressionSlope", closes(1, 2, 6), period=3)[0][-1] == pytest.approx(2.5)
    assert _values("roc", closes(1, 2, 6), period=1)[0][-1] == pytest.approx(200)


def test_keltner_and_donchian_by_hand() -> None:
    """The average of one close, 11, and twice its true range of 3; the highest high and lowest low of two bars."""
    bars = _bars((10, 8, 9, 1), (12, 10, 11, 1))
    assert [column[-1] for column in _values("keltner", bars, period=1, atrPeriod=1)] == [17, 11, 5]
    assert [column[-1] for column in _values("donchian", bars, period=2)] == [12, 10, 8]


def test_realised_volatility_by_hand() -> None:
    """Returns of +10 % and -10 % in logarithms: sample deviation 0.1 * sqrt(2), times the root of 50 is 1."""
    prices = np.exp([0, 0.1, 0])
    assert _values("realizedVolatility", closes(*prices), period=2, periodsPerYear=50)[0][-1] == pytest.approx(1)


def test_stochastic_rsi_by_hand() -> None:
    """RSIs of 2 are 50, 75 and 37.5: the last is the lowest of the three, the one before the highest."""
    rsi = _values("rsi", closes(10, 11, 10, 11, 10), period=2)[0]
    np.testing.assert_allclose(rsi[2:], [50, 75, 37.5])
    (k, _) = _values("stochasticRsi", closes(10, 11, 10, 11, 10), rsiPeriod=2, period=2, smoothing=1, signal=1)
    np.testing.assert_array_equal(k[3:], [100, 0])
