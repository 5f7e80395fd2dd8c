"""How often such scores were right, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from resolvers.compute.calibration import FEWEST_CASES, Calibration, ScoreRecord
from resolvers.model.bars import Bars
from tests.resolvers.compute.simulated import closes

DAY = 86_400
SEPTEMBER, OCTOBER, NOVEMBER = 8, 9, 10
COUNT = 334  # to the end of November 1970


def _waves() -> Bars:
    """Days of 1970: three rises and a fall, over and over."""
    steps = np.tile([1.0, 1.0, 1.0, -1.0], COUNT // 4 + 1)[: COUNT - 1]
    return replace(closes(*np.cumsum([100.0, *steps])), time=DAY * np.arange(COUNT))


def _first_of(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[s]").astype(np.int64))


def _calibration(score: float) -> Calibration:
    return Calibration(ScoreRecord.of(np.full(COUNT, score), _waves(), 1))


def test_a_month_knows_the_outcomes_of_the_months_before() -> None:
    """Of 243 days before September 242 are known, too few; of 273 before October 272, of which 204 rose."""
    times = np.array([_first_of(SEPTEMBER), _first_of(OCTOBER) - 1, _first_of(OCTOBER), _first_of(NOVEMBER) - 1])
    found = _calibration(0.15).confidence(np.full(4, 0.15), times)
    assert found.cases.tolist() == [242, 242, 272, 272]
    assert found.cases[1] < FEWEST_CASES <= found.cases[2]
    np.testing.assert_equal(found.value, [np.nan, np.nan, 204 / 272, 204 / 272])
    assert found.base_rate[2] == 204 / 272
    assert found.month.tolist() == [SEPTEMBER, SEPTEMBER, OCTOBER, OCTOBER]


def test_a_sale_is_right_where_the_price_falls() -> None:
    """A quarter of the time here, which is as often as it falls anyway."""
    found = _calibration(-0.15).confidence(np.array([-0.15]), np.array([_first_of(OCTOBER)]))
    assert (found.value.tolist(), found.base_rate.tolist()) == ([0.25], [0.25])


@pytest.mark.parametrize("score", [0.1, 0.1999, 0.15])
def test_scores_between_the_same_edges_are_alike(score: float) -> None:
    """The lower edge belongs to them."""
    found = _calibration(0.15).confidence(np.array([score]), np.array([_first_of(OCTOBER)]))
    assert found.cases.tolist() == [272]


@pytest.mark.parametrize("score", [0.2, 0.3, 0.4, 1.0, -0.15, -1.0])
def test_other_scores_are_not(score: float) -> None:
    """No case, no confidence; how often prices went that way is known all the same."""
    found = _calibration(0.15).confidence(np.array([score]), np.array([_first_of(OCTOBER)]))
    assert found.cases.tolist() == [0]
    assert np.isnan(found.value[0])
    assert found.base_rate[0] == (0.75 if score > 0 else 0.25)


@pytest.mark.parametrize("score", [0.0, 0.0999, -0.0999])
def test_who_holds_has_no_confidence(score: float) -> None:
    """There is nothing to be right about, whichever scores the record holds."""
    for held in (score, 0.15):
        found = _calibration(held).confidence(np.array([score]), np.array([_first_of(OCTOBER)]))
        assert np.isnan([found.value[0], found.base_rate[0]]).all()
        assert found.cases.tolist() == [0]


def test_strong_and_weak_scores_have_their_own_confidence() -> None:
    """Strong on the days before a fall, weak on all others."""
    bars = _waves()
    score = np.where(np.arange(COUNT) % 4 == 3, 0.9, 0.12)
    records = [ScoreRecord.of(score, bars, 1)] * 4
    calibration = Calibration(records[0] + records[1] + records[2] + records[3])
    found = calibration.confidence(np.array([0.9, 0.12]), np.full(2, _first_of(OCTOBER)))
    assert found.value.tolist() == [0, 1]
    assert found.cases.tolist() == [4 * 68, 4 * 204]
    assert found.base_rate.tolist() == [0.75, 0.75]


def test_the_name_of_a_fit_tells_what_it_counted() -> None:
    """The same for the same outcomes, another for a later month, another record or another horizon."""
    one = _calibration(0.15)
    assert one.fit_id(OCTOBER) == _calibration(0.15).fit_id(OCTOBER)
    assert one.fit_id(OCTOBER).startswith("1970-10-1-")
    two_bars = Calibration(ScoreRecord.of(np.full(COUNT, 0.15), _waves(), 2))
    ids = {one.fit_id(OCTOBER), one.fit_id(NOVEMBER), _calibration(0.25).fit_id(OCTOBER), two_bars.fit_id(OCTOBER)}
    assert len(ids) == 4


def test_records_of_different_horizons_are_not_added_up() -> None:
    """A bar and a week are two questions."""
    one, week = (ScoreRecord.of(np.full(COUNT, 0.15), _waves(), horizon) for horizon in (1, 5))
    with pytest.raises(ValueError, match="records must be of one horizon, were of 1 and 5 bars"):
        one + week


def test_nothing_is_known_of_no_bars() -> None:
    """And nothing fails for it."""
    calibration = Calibration(ScoreRecord.of(np.empty(0), Bars.empty(), 5))
    found = calibration.confidence(np.array([0.5]), np.array([0]))
    assert np.isnan([found.value[0], found.base_rate[0]]).all()
    assert len(calibration.confidence(np.empty(0), np.empty(0, np.int64)).value) == 0
