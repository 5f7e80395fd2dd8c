"""What the catalog says is what a schema can be made of."""

import re
from dataclasses import replace

import numpy as np
import pytest

from resolvers.compute.catalog import CATALOG, Anchor, Indicator, checked_arguments, computed
from tests.resolvers.compute.examples import DEFAULTS
from tests.resolvers.compute.simulated import days_of, simulated_bars

PROMISED = {
    *("sma", "ema", "wma", "dema", "tema", "kama", "hma", "vwap"),
    *("rsi", "macd", "stochastic", "stochasticRsi", "cci", "williamsR", "roc"),
    *("bollinger", "keltner", "donchian", "adx", "aroon", "parabolicSar", "supertrend", "ichimoku"),
    *("atr", "standardDeviation", "zScore", "realizedVolatility", "linearRegressionSlope"),
    *("mfi", "obv", "cmf", "accumulationDistribution"),
}


def test_every_promised_indicator_is_there() -> None:
    """Thirty-two of them, and no other."""
    assert CATALOG.keys() == PROMISED


def test_the_catalog_cannot_be_changed() -> None:
    """It is shared by everybody."""
    with pytest.raises(TypeError):
        CATALOG["sma"] = CATALOG["ema"]  # type: ignore[index]


@pytest.mark.parametrize("indicator", DEFAULTS)
def test_names_are_graphql_names_and_all_is_described(indicator: Indicator) -> None:
    """camelCase, unique, and sentences that end."""
    for parts in (indicator.parameters, indicator.outputs):
        names = [part.name for part in parts]
        assert len(set(names)) == len(names)
        for name in (indicator.name, *names):
            assert re.fullmatch("[a-z][A-Za-z]*", name)
    texts = [parameter.description for parameter in indicator.parameters]
    texts += [output.description for output in indicator.outputs]
    for text in (indicator.description, *texts):
        assert text.endswith(".")
        assert len(text) > 10
    assert indicator.title
    assert indicator.source


def test_path_dependent_ones_run_from_an_anchor() -> None:
    """No warm-up is long enough for these."""
    anchors = {
        anchor: {name for name in CATALOG if CATALOG[name].anchor is anchor}
        for anchor in (Anchor.SERIES, Anchor.SESSION)
    }
    assert anchors == {
        Anchor.SERIES: {"kama", "parabolicSar", "supertrend", "obv", "accumulationDistribution"},
        Anchor.SESSION: {"vwap"},
    }


@pytest.mark.parametrize(
    ("name", "bars"),
    [
        *(("sma", 19), ("ichimoku", 77), ("realizedVolatility", 20)),
        *(("ema", 313), ("dema", 374), ("tema", 435), ("macd", 551)),
        *(("rsi", 392), ("adx", 462), ("stochasticRsi", 479)),
        *(("kama", 10), ("parabolicSar", 1), ("vwap", 0)),
    ],
)
def test_warm_up_of_defaults(name: str, bars: int) -> None:
    """Windows less a bar; 14 exponential spans, 27 of Wilder's periods, more for chains; else what the first needs."""
    assert CATALOG[name].warmup(checked_arguments(CATALOG[name], {})) == bars


def test_an_infinite_value_becomes_a_missing_one() -> None:
    """Whatever a formula divides by, JSON has no infinity."""
    bars = simulated_bars(3)
    endless = replace(CATALOG["sma"], compute=lambda *_: (np.array([1.0, np.inf, -np.inf]),))
    (column,) = computed(endless, bars, days_of(bars), {})
    np.testing.assert_array_equal(column, [1, np.nan, np.nan])
