"""Every indicator equals its second version in plain Python, which knows nothing of TA-Lib."""

import numpy as np
import pytest

from resolvers.compute.catalog import CATALOG, Indicator, checked_arguments, computed
from tests.resolvers.compute.examples import EXAMPLES, Given
from tests.resolvers.compute.oracle import ORACLE
from tests.resolvers.compute.oracle.columns import Given as Plain
from tests.resolvers.compute.simulated import days_of, simulated_bars


def test_every_indicator_has_a_second_version() -> None:
    """Whoever adds an indicator writes it twice."""
    assert ORACLE.keys() == CATALOG.keys()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("indicator", "given"), EXAMPLES)
def test_equals_its_second_version(indicator: Indicator, given: Given, seed: int) -> None:
    """To 1e-9, with values missing at the same bars."""
    bars = simulated_bars(300, seed=seed)
    days, arguments = days_of(bars), checked_arguments(indicator, given)
    expected = ORACLE[indicator.name](Plain.of(bars, days, arguments))
    found = computed(indicator, bars, days, arguments)
    assert len(found) == len(indicator.outputs) == len(expected)
    for output, column, second in zip(indicator.outputs, found, expected, strict=True):
        # Near zero a difference of prices is known no better than the prices themselves.
        scale = np.nanmax(np.abs(second))
        np.testing.assert_allclose(column, second, rtol=1e-9, atol=1e-12 * scale, err_msg=output.name)
