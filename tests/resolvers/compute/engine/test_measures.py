"""Measures against the catalog's own numbers and against plain loops."""

import math
from statistics import fmean

import numpy as np
import pytest

from resolvers.compute.catalog import CATALOG, checked_arguments, computed
from resolvers.compute.engine.measures import measured
from resolvers.model.bars import Bars
from resolvers.model.measures import Measures
from tests.resolvers.compute.simulated import simulated_bars

_CATALOGUED = {
    "atr": ("atr", {"period": 14}, 0),
    "rsi": ("rsi", {}, 0),
    "macd_histogram": ("macd", {}, 2),
    "percent_b": ("bollinger", {}, 3),
    "adx": ("adx", {}, 0),
    "ema": ("ema", {"period": 50}, 0),
}


@pytest.fixture(scope="module")
def bars() -> Bars:
    return simulated_bars(150)


@pytest.mark.parametrize("name", _CATALOGUED)
def test_the_catalog_says_the_same(name: str, bars: Bars) -> None:
    """As a client would be answered that asks for the indicator."""
    indicator, given, output = _CATALOGUED[name]
    asked = checked_arguments(CATALOG[indicator], given)
    expected = computed(CATALOG[indicator], bars, bars.time // 86_400, asked)[output]
    found = measured(bars)[Measures._fields.index(name)]
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(found).sum() > 80


def test_volume_and_return_in_plain_python(bars: Bars) -> None:
    """The volume in the mean of the twenty before it, and the change over twenty bars."""
    rows = measured(bars)
    volume, close = bars.volume.tolist(), bars.close.tolist()
    expected = {
        "volume_ratio": [volume[at] / fmean(volume[at - 20 : at]) for at in range(20, len(bars))],
        "return_20": [(close[at] - close[at - 20]) / close[at - 20] for at in range(20, len(bars))],
    }
    for name, said in expected.items():
        found = rows[Measures._fields.index(name)].tolist()
        assert all(math.isnan(one) for one in found[:20])
        assert found[20:] == pytest.approx(said, rel=1e-12, abs=1e-12)


def test_what_has_no_value_is_not_a_number() -> None:
    """Without volumes, in a standstill, and with no bars at all."""
    still = simulated_bars(60)
    flat = np.full(60, 7.0)
    bars = Bars(time=still.time, open=flat, high=flat, low=flat, close=flat, volume=np.full(60, np.nan))
    rows = dict(zip(Measures._fields, measured(bars), strict=True))
    assert np.isnan(rows["volume_ratio"]).all()
    assert np.isnan(rows["percent_b"]).all()
    assert rows["return_20"][-1] == 0
    silent = Bars(time=still.time, open=flat, high=flat, low=flat, close=flat, volume=np.zeros(60))
    assert np.isnan(measured(silent)[Measures._fields.index("volume_ratio")]).all()
    assert measured(Bars.empty()).shape == (8, 0)


def test_a_bar_knows_nothing_of_later_ones(bars: Bars) -> None:
    """Bit for bit, wherever it is cut."""
    whole = measured(bars)
    for cut in range(1, len(bars)):
        np.testing.assert_array_equal(measured(bars[:cut]), whole[:, :cut])
