"""What became of a price, and when that was known."""

import numpy as np
import pytest

from resolvers.compute.outcomes import month_name, months_of, outcomes


@pytest.mark.parametrize(("horizon", "expected"), [(1, [1, 0, -1]), (2, [1, -1]), (3, [-1]), (4, []), (9, [])])
def test_an_outcome_is_the_side_that_the_close_went_to(horizon: int, expected: list[int]) -> None:
    """Of 10 11 11 9; the last bars have none yet."""
    assert outcomes(np.array([10.0, 11, 11, 9]), horizon).tolist() == expected


def test_months_are_those_of_utc() -> None:
    """The last second of a March, and the first of an April."""
    times = np.array([0, 31 * 86_400, 1_459_468_799, 1_459_468_800])
    assert months_of(times).tolist() == [0, 1, 554, 555]
    assert [month_name(month) for month in (0, 554, 555)] == ["1970-01", "2016-03", "2016-04"]
