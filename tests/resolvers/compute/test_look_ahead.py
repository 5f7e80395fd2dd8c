"""No value uses a later bar."""

import numpy as np
import pytest

from resolvers.compute.catalog import Indicator, checked_arguments, computed
from tests.resolvers.compute.examples import EXAMPLES, Given
from tests.resolvers.compute.simulated import bars_of, days_of, simulated_bars


@pytest.mark.parametrize("changed", [1, 3])
@pytest.mark.parametrize(("indicator", "given"), EXAMPLES)
def test_changing_the_last_bars_changes_nothing_before(indicator: Indicator, given: Given, changed: int) -> None:
    """Bit for bit, and the last bars do change, or nothing was tested."""
    bars = simulated_bars(400)
    factor = np.ones(len(bars))
    factor[-changed:] = [2.0, 0.4, 1.7][:changed]
    high = bars.high * factor * np.where(factor == 1, 1.0, 1.2)
    other = bars_of(bars.open * factor, high, bars.low * factor, bars.close * factor, bars.volume / factor)
    arguments = checked_arguments(indicator, given)
    before = computed(indicator, bars, days_of(bars), arguments)
    after = computed(indicator, other, days_of(other), arguments)
    for column, second in zip(before, after, strict=True):
        np.testing.assert_array_equal(column[:-changed], second[:-changed])
    assert any(not np.array_equal(a[-changed:], b[-changed:]) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(("indicator", "given"), EXAMPLES)
def test_a_shorter_history_gives_the_same_beginning(indicator: Indicator, given: Given) -> None:
    """However few bars there are, down to none: what is there is the start of the longer answer, bit for bit."""
    bars = simulated_bars(140)
    days, arguments = days_of(bars), checked_arguments(indicator, given)
    longest = computed(indicator, bars, days, arguments)
    for count in (*range(8), 13, 14, 15, 20, 27, 34, 60, 78, 139):
        found = computed(indicator, bars[:count], days[:count], arguments)
        for column, second in zip(found, longest, strict=True):
            np.testing.assert_array_equal(column, second[:count])
