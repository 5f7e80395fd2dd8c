"""Prices that stand still, volumes that are missing or zero."""

from math import nan

import numpy as np
import pytest

from resolvers.compute.catalog import CATALOG, Indicator, checked_arguments, computed
from resolvers.model.bars import Bars, Series
from tests.resolvers.compute.examples import DEFAULTS
from tests.resolvers.compute.simulated import bars_of, days_of, flat_bars, simulated_bars

PRICE = 0.1
WHEN_FLAT: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(("sma", "ema", "wma", "dema", "tema", "kama", "hma", "vwap", "parabolicSar"), (PRICE,)),
    **dict.fromkeys(("rsi", "cci", "williamsR", "zScore", "mfi"), (nan,)),
    **dict.fromkeys(("roc", "atr", "standardDeviation", "realizedVolatility", "linearRegressionSlope"), (0.0,)),
    **dict.fromkeys(("stochastic", "stochasticRsi"), (nan, nan)),
    **dict.fromkeys(("keltner", "donchian"), (PRICE, PRICE, PRICE)),
    **dict.fromkeys(("cmf", "accumulationDistribution"), (0.0,)),
    "macd": (0.0, 0.0, 0.0),
    "bollinger": (PRICE, PRICE, PRICE, nan, 0.0),
    "adx": (nan, nan, nan),
    "aroon": (100.0, 100.0, 0.0),
    "supertrend": (PRICE, 1.0),
    "ichimoku": (PRICE, PRICE, PRICE, PRICE),
    "obv": (3.0,),
}


def _default(indicator: Indicator, bars: Bars) -> tuple[Series, ...]:
    return computed(indicator, bars, days_of(bars), checked_arguments(indicator, {}))


def _with_volume(bars: Bars, volume: Series) -> Bars:
    return bars_of(bars.open, bars.high, bars.low, bars.close, volume)


@pytest.mark.parametrize("indicator", DEFAULTS)
def test_a_price_that_never_moves(indicator: Indicator) -> None:
    """Null where it would be 0 / 0, and no rounding grows into a value."""
    found = [column[-1] for column in _default(indicator, flat_bars(200, PRICE))]
    np.testing.assert_allclose(found, WHEN_FLAT[indicator.name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["standardDeviation", "linearRegressionSlope", "realizedVolatility"])
def test_nothing_is_left_of_a_wild_past(name: str) -> None:
    """A window of equal prices spreads by exactly 0, even after prices a million times as high."""
    wild, still = simulated_bars(300, start=1e5), flat_bars(100, PRICE)
    price = np.concatenate([wild.close, still.close])
    (column,) = _default(CATALOG[name], bars_of(price, price, price, price, np.ones(400)))
    assert column[-1] == 0


@pytest.mark.parametrize(("name", "output"), [("zScore", 0), ("cci", 0), ("bollinger", 3)])
def test_a_place_among_equal_prices_is_null_after_a_wild_past(name: str, output: int) -> None:
    """Rounding left over from before would otherwise be divided by rounding."""
    wild, still = simulated_bars(300, start=1e5), flat_bars(100, PRICE)
    price = np.concatenate([wild.close, still.close])
    column = _default(CATALOG[name], bars_of(price, price, price, price, np.ones(400)))[output]
    assert np.isnan(column[-60:]).all()
    assert np.isfinite(column[200:300]).all()


def test_stochastic_rsi_is_null_while_the_price_stands_still() -> None:
    """The RSI then stays as it was but for its last bits, and a range of those is none."""
    price = np.concatenate([simulated_bars(300).close, np.full(60, 70.1)])
    bars = bars_of(price, price, price, price, np.ones(360))
    for column in _default(CATALOG["stochasticRsi"], bars):
        assert np.isfinite(column[100:300]).all()
        assert np.isnan(column[320:]).all()


def test_rsi_begins_when_the_price_first_moves() -> None:
    """TA-Lib's 0 of a flat start would read as a fall; the first rise makes it 100."""
    price = np.concatenate([np.full(40, 10.0), [11.0, 10.5]])
    (column,) = _default(CATALOG["rsi"], bars_of(price, price, price, price, np.ones(42)))
    assert np.isnan(column[:40]).all()
    assert column[40] == 100
    assert 0 < column[41] < 100


@pytest.mark.parametrize("indicator", DEFAULTS)
def test_without_any_volume(indicator: Indicator) -> None:
    """Null for those that need it; the others do not look at it."""
    bars = simulated_bars(200)
    known = _default(indicator, bars)
    unknown = _default(indicator, _with_volume(bars, np.full(200, nan)))
    for column, second in zip(known, unknown, strict=True):
        if indicator.needs_volume:
            assert np.isnan(second).all()
        else:
            np.testing.assert_array_equal(column, second)


@pytest.mark.parametrize(
    ("name", "bars_spoilt"),
    [("mfi", 14), ("cmf", 20), ("vwap", 24 - 100 % 24), ("obv", 100), ("accumulationDistribution", 100)],
)
def test_a_missing_volume_spoils_what_depends_on_it(name: str, bars_spoilt: int) -> None:
    """A window of bars, the rest of a session, or all that is summed up after it; the rest keeps its value exactly."""
    bars = simulated_bars(200)
    volume = bars.volume.copy()
    volume[100] = nan
    (known,) = _default(CATALOG[name], bars)
    (found,) = _default(CATALOG[name], _with_volume(bars, volume))
    expected = known.copy()
    expected[100 : 100 + bars_spoilt] = nan
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["obv", "accumulationDistribution"])
def test_lines_begin_at_the_first_known_volume(name: str) -> None:
    """Missing volumes before it are no reason to have no line at all."""
    bars = simulated_bars(50)
    volume = bars.volume.copy()
    volume[:10] = nan
    (found,) = _default(CATALOG[name], _with_volume(bars, volume))
    (later,) = _default(CATALOG[name], bars[10:])
    assert np.isnan(found[:10]).all()
    np.testing.assert_array_equal(found[10:], later)


@pytest.mark.parametrize(("name", "expected"), [("mfi", nan), ("cmf", nan), ("vwap", nan), ("obv", 0.0)])
def test_nothing_traded(name: str, expected: float) -> None:
    """A mean over no volume is no number."""
    bars = simulated_bars(60)
    (column,) = _default(CATALOG[name], _with_volume(bars, np.zeros(60)))
    np.testing.assert_array_equal(column[-1], expected)


def test_vwap_of_a_thin_session_after_a_busy_one() -> None:
    """A trade of 1e-6 units after 1e12: one running sum over all would have lost it."""
    price, volume = np.array([10.0, 20.0, 30.0]), np.array([1e12, 1e-6, 3e-6])
    bars = bars_of(price, price, price, price, volume)
    (column,) = computed(CATALOG["vwap"], bars, np.array([1, 2, 2]), {})
    np.testing.assert_allclose(column, [10, 20, 27.5], rtol=1e-15)


def test_rsi_outlives_a_long_standstill() -> None:
    """Both averages shrink alike, so it stays as it was; 0, for averages too small to divide, would be a fall."""
    price = np.concatenate([simulated_bars(60).close, np.full(3000, 70.1), [70.0]])
    bars = bars_of(price, price, price, price, np.ones(len(price)))
    (column,) = computed(CATALOG["rsi"], bars, days_of(bars), checked_arguments(CATALOG["rsi"], {"period": 2}))
    assert 0 < column[60] < 100
    np.testing.assert_allclose(column[60:-1], column[60], rtol=1e-4)
    assert column[-1] == 0
