"""What became of votes, worked out by hand: records, performance and reliability."""

from dataclasses import replace

import numpy as np
import pytest

from resolvers.compute.performance import performances
from resolvers.compute.reliability import Reliability
from resolvers.compute.track_record import TrackRecord
from resolvers.model.bars import Bars
from resolvers.model.vote import Abstention
from tests.resolvers.compute.simulated import closes

DAY = 86_400
JANUARY, FEBRUARY, MARCH = 0, 1, 2


def _bars(*prices: float, first_day: int = 29) -> Bars:
    """Days from 30 January 1970 on."""
    return replace(closes(*prices), time=DAY * np.arange(first_day, first_day + len(prices)))


def _record() -> TrackRecord:
    """
    Up on the 31st, down on the 1st, up on the 2nd.

    The first agent buys twice, once rightly, and sells wrongly; the second sells wrongly; the third never votes.
    """
    votes = np.array([[1, 1, -1, 0], [0, Abstention.WARM_UP, -1, 1], [0, 0, 0, 0]], np.int8)
    return TrackRecord.of(votes, _bars(10, 11, 10, 12), 1)


def test_outcomes_count_in_the_month_that_shows_them() -> None:
    """That of the bar of 31 January is known on 1 February."""
    record = _record()
    assert record.market.first == record.agents.first == JANUARY
    assert record.market.counts.tolist() == [[1, 1, 0], [2, 1, 1]]
    buys, sells, right_buys, right_sells = record.agents.counts.transpose(1, 0, 2).tolist()
    assert buys == [[1, 0, 0], [1, 0, 0]]
    assert sells == [[0, 0, 0], [1, 1, 0]]
    assert right_buys == [[1, 0, 0], [0, 0, 0]]
    assert right_sells == [[0, 0, 0], [0, 0, 0]]


def test_pairs_count_where_both_vote() -> None:
    """In January the first agent has two opinions, one of them while the second votes; in February one and two."""
    products, opinions = _record().pairs.counts.transpose(1, 0, 2, 3).tolist()
    assert products == [[[2, 0, 0], [0, 0, 0], [0, 0, 0]], [[1, 1, 0], [1, 2, 0], [0, 0, 0]]]
    assert opinions == [[[2, 1, 2], [0, 0, 0], [0, 0, 0]], [[1, 1, 1], [2, 2, 2], [0, 0, 0]]]


def test_an_unchanged_close_is_right_for_nobody() -> None:
    """And is a case."""
    record = TrackRecord.of(np.array([[1, -1, 1]], np.int8), _bars(10, 10, 10), 1)
    assert record.agents.total()[:, 0].tolist() == [1, 1, 0, 0]
    assert record.market.total().tolist() == [2, 0, 0]


def test_performance_beside_what_chance_would_have_had() -> None:
    """Two rises and a fall in three bars: two buys and a sale would be right in (2 * 2 + 1) / 9, a sale in 1 / 3."""
    first, second, third = performances(_record())
    assert (first.hits, first.cases, first.hit_rate, first.base_rate) == (1, 3, 1 / 3, 5 / 9)
    assert (second.hits, second.cases, second.hit_rate, second.base_rate) == (0, 1, 0, 1 / 3)
    assert (third.hits, third.cases, third.hit_rate, third.base_rate) == (0, 0, None, None)
    assert {(one.horizon, one.since, one.until) for one in (first, second, third)} == {(1, 29 * DAY, 31 * DAY)}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_series_shorter_than_the_horizon_has_no_record(count: int) -> None:
    """Neither cases nor a period."""
    record = TrackRecord.of(np.ones((2, count), np.int8), _bars(*[10.0] * count), 3)
    assert [(one.cases, one.since, one.until) for one in performances(record)] == [(0, None, None)] * 2


def test_records_of_several_series_are_added_up() -> None:
    """With a period from the first to the last of them."""
    later = TrackRecord.of(np.ones((3, 40), np.int8), _bars(*range(1, 41), first_day=60), 1)
    whole = _record() + later
    assert [one.cases for one in performances(whole)] == [42, 40, 39]
    assert [one.hits for one in performances(whole)] == [40, 39, 39]
    assert (whole.since, whole.until) == (29 * DAY, 98 * DAY)
    assert performances(later + _record()) == performances(whole)


def test_records_of_different_horizons_are_not() -> None:
    """A bar and a week are two questions."""
    with pytest.raises(ValueError, match="records must be of one horizon, were of 1 and 5 bars"):
        _record() + TrackRecord.of(np.ones((3, 9), np.int8), _bars(*range(1, 10)), 5)


def test_a_month_believes_what_was_known_when_it_began() -> None:
    """Half before anything is known; one of one in a month; one of three in two; with a year of such months before."""
    rates = Reliability(_record()).hit_rates(np.array([JANUARY, FEBRUARY, MARCH]))
    assert rates[0].tolist() == [0.5, 0.5, 0.5]
    assert rates[1].tolist() == [(1 + 112 / 2) / (1 + 112), 0.5, 0.5]
    assert rates[2].tolist() == [(1 + 118 / 2) / (3 + 118), (112 / 2) / (1 + 112), 0.5]


def test_agents_are_as_alike_as_their_votes_were() -> None:
    """By March the two have agreed once, of two opinions each while the other voted: (1 / 2) squared."""
    reliability = Reliability(_record())
    for month in (JANUARY, FEBRUARY):
        assert reliability.likeness(month).tolist() == np.eye(3).tolist()
    assert reliability.likeness(MARCH).tolist() == [[1, 0.25, 0], [0.25, 1, 0], [0, 0, 1]]


def test_who_always_contradicts_another_is_like_it() -> None:
    """One of them is enough to know both."""
    votes = np.array([[1, -1, 1, 0], [-1, 1, -1, 0]], np.int8)
    record = TrackRecord.of(votes, _bars(10, 11, 10, 12, first_day=0), 1)
    assert Reliability(record).likeness(FEBRUARY).tolist() == [[1, 1], [1, 1]]
