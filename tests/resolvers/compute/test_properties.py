"""What holds for any bars: shapes, read-only columns, documented ranges, nothing infinite."""

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.compute.catalog import Indicator, checked_arguments, computed
from resolvers.model.bars import Bars, Series
from resolvers.model.price_field import PriceField
from tests.resolvers.compute.examples import DEFAULTS
from tests.resolvers.compute.simulated import bars_of, days_of

RANGES = {
    **dict.fromkeys(("rsi", "stochastic", "stochasticRsi", "mfi", "adx"), (0, 100)),
    **dict.fromkeys(("atr", "standardDeviation", "realizedVolatility"), (0, np.inf)),
    "williamsR": (-100, 0),
    "aroon": (-100, 100),
    "cmf": (-1, 1),
}


@st.composite
def any_bars(draw: st.DrawFn) -> Bars:
    """Up to 90 bars of prices between a millionth and 1e13, often equal, with volumes missing, zero or huge."""
    count = draw(st.integers(0, 90))
    price = st.one_of(st.sampled_from([1.0, 2.0, 0.1]), st.floats(1e-6, 1e13))
    columns = [draw(arrays.arrays(np.float64, count, elements=price)) for _ in range(4)]
    stacked = np.sort(np.array(columns), axis=0)
    low, opened, close, high = (column.copy() for column in stacked)
    volume = draw(arrays.arrays(np.float64, count, elements=st.one_of(st.just(np.nan), st.floats(0, 1e15))))
    return bars_of(opened, high, low, close, volume)


@st.composite
def any_arguments(draw: st.DrawFn, indicator: Indicator) -> dict[str, object]:
    """Arguments within their bounds, short periods more often than long ones."""
    given: dict[str, object] = {}
    for parameter in indicator.parameters:
        if isinstance(parameter.default, PriceField):
            given[parameter.name] = draw(st.sampled_from(PriceField))
        elif parameter.name not in indicator.increasing:
            assert parameter.minimum is not None
            assert parameter.maximum is not None
            if isinstance(parameter.default, int):
                given[parameter.name] = draw(st.integers(int(parameter.minimum), 100))
            else:
                given[parameter.name] = draw(st.floats(parameter.minimum, parameter.maximum))
    return given


@pytest.mark.parametrize("indicator", DEFAULTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bars(indicator: Indicator, data: st.DataObject) -> None:
    """One read-only column of float64 per output, as long as the bars, within its range and never infinite."""
    bars = data.draw(any_bars())
    arguments = checked_arguments(indicator, data.draw(any_arguments(indicator)))
    before = bars.close.copy()
    columns = computed(indicator, bars, days_of(bars), arguments)
    assert len(columns) == len(indicator.outputs)
    for column in columns:
        _assert_well_formed(column, len(bars))
        low, high = RANGES.get(indicator.name, (-np.inf, np.inf))
        known = column[~np.isnan(column)]
        # Prices that change by nineteen digits from bar to bar cost a few of the sixteen there are.
        assert ((known >= low - 1e-6) & (known <= high + 1e-6)).all(), known
    np.testing.assert_array_equal(bars.close, before)


def _assert_well_formed(column: Series, count: int) -> None:
    assert column.shape == (count,)
    assert column.dtype == np.float64
    assert not column.flags.writeable
    assert not np.isinf(column).any()
