"""The last 50 bars have the same values whether 50 were asked for or 500."""

from pathlib import Path

import numpy as np
import pytest

from resolvers.compute.catalog import Anchor, Arguments, Indicator, checked_arguments, computed
from resolvers.model.bars import Bars, IntArray, Series
from tests.resolvers.compute.examples import DEFAULTS, EXAMPLES, Given
from tests.resolvers.compute.real import real_series
from tests.resolvers.compute.simulated import days_of, simulated_bars

FEW, MANY = 50, 500


def _asked(indicator: Indicator, bars: Bars, days: IntArray, arguments: Arguments, window: slice) -> tuple[Series, ...]:
    """The values of a window, computed from the bars that its anchor calls for."""
    match indicator.anchor:
        case Anchor.WINDOW:
            start = max(0, window.start - indicator.warmup(arguments))
        case Anchor.SESSION:
            start = int(np.flatnonzero(days == days[window.start])[0])
        case Anchor.SERIES:
            start = 0
    part = slice(start, window.stop)
    columns = computed(indicator, bars[part], days[part], arguments)
    return tuple(column[window.start - start :] for column in columns)


def _assert_independent(
    name: str, indicator: Indicator, bars: Bars, days: IntArray, arguments: Arguments, ends: int
) -> None:
    for end in np.linspace(len(bars), MANY, ends).astype(int).tolist():
        few = _asked(indicator, bars, days, arguments, slice(end - FEW, end))
        many = _asked(indicator, bars, days, arguments, slice(end - MANY, end))
        for output, column, longer in zip(indicator.outputs, few, many, strict=True):
            # The scale is each value itself: a histogram near zero must agree to nine of its own digits too.
            message = f"{output.name} of {name} up to bar {end}"
            np.testing.assert_allclose(column, longer[-FEW:], rtol=1e-9, atol=0, err_msg=message)


@pytest.mark.parametrize(("indicator", "given"), EXAMPLES)
def test_real_prices(indicator: Indicator, given: Given, real_prices: Path) -> None:
    """Large caps by day, currencies and gold by hour, SPY by minute, Bitcoin, and prices of 1e13."""
    arguments = checked_arguments(indicator, given)
    for name, (bars, days) in real_series(real_prices).items():
        _assert_independent(name, indicator, bars, days, arguments, ends=4)


@pytest.mark.parametrize(("indicator", "given"), EXAMPLES)
def test_simulated_prices(indicator: Indicator, given: Given) -> None:
    """The same where the real prices are not at hand."""
    bars = simulated_bars(3000)
    _assert_independent("simulated", indicator, bars, days_of(bars), checked_arguments(indicator, given), ends=10)


@pytest.mark.parametrize("indicator", DEFAULTS)
def test_no_value_is_missing_after_the_warm_up(indicator: Indicator) -> None:
    """A window that was warmed up is null only where there is no number to give."""
    bars = simulated_bars(2500, seed=3)
    arguments = checked_arguments(indicator, {})
    for column in computed(indicator, bars, days_of(bars), arguments):
        assert not np.isnan(column[indicator.warmup(arguments) :]).any()
