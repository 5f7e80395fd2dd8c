"""What is counted of a market, all at once or month by month."""

from functools import reduce
from operator import add

import numpy as np

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.agents.universe import Universe
from resolvers.compute.calibration import Calibration, ScoreRecord
from resolvers.compute.consensus import consensus
from resolvers.compute.engine.anchors import month_begins
from resolvers.compute.engine.fits import Records, counted, totalled
from resolvers.compute.track_record import TrackRecord
from tests.resolvers.compute.agents.market import generated_market
from tests.resolvers.compute.engine.judged import HORIZON, newest_month, records, subjects

FAMILIES = [agent.family for agent in PANEL.agents]


def _same(found: Records, expected: Records) -> None:
    """By month."""
    months = np.arange(found.month + 1)
    for one, other in (
        (found.scores.market, expected.scores.market),
        (found.scores.scores, expected.scores.scores),
        (found.track.market, expected.track.market),
        (found.track.agents, expected.track.agents),
        (found.track.pairs, expected.track.pairs),
    ):
        np.testing.assert_array_equal(one.before(months), other.before(months))


def test_all_that_was_known_when_the_month_began() -> None:
    """As the records of whole series say it, of the months before."""
    market = generated_market()
    found, month = records(market), newest_month(market)
    universe = Universe.of(market)
    votes = {symbol: PANEL.votes(bars, universe.member(symbol)) for symbol, bars in market.items()}
    scores = reduce(
        add,
        [
            ScoreRecord.of(consensus(votes[symbol], FAMILIES, bars.time).score, bars, HORIZON)
            for symbol, bars in market.items()
        ],
    )
    track = reduce(add, [TrackRecord.of(votes[symbol], bars, HORIZON) for symbol, bars in market.items()])
    until = np.array([month])
    np.testing.assert_array_equal(found.scores.scores.total(), scores.scores.before(until)[0])
    np.testing.assert_array_equal(found.scores.market.total(), scores.market.before(until)[0])
    np.testing.assert_array_equal(found.track.agents.total(), track.agents.before(until)[0])
    np.testing.assert_array_equal(found.track.pairs.total(), track.pairs.before(until)[0])
    assert found.scores.market.total()[0] > 4_000
    assert Calibration(found.scores).fit_id(month) == Calibration(scores).fit_id(month)


def test_month_by_month_it_is_the_same() -> None:
    """Each month's counts are added to those before, and nothing is counted twice or left out."""
    market = generated_market()
    end = newest_month(market)
    grown = Records.none(PANEL, HORIZON, 0)
    for month in (2, 3, 4, 9, end):
        new = [counted(PANEL, one, HORIZON, since=grown.month, month=month) for one in subjects(market).values()]
        grown = totalled(grown, new)
        assert grown.month == month
    whole = records(market)
    _same(grown, whole)
    assert grown.track.since == whole.track.since is not None
    assert grown.track.until == whole.track.until


def test_a_series_without_bars_of_before_the_month() -> None:
    """Counts nothing, and neither does one with fewer bars than the horizon."""
    market = generated_market()
    subject = subjects(market)["SYM1"]
    first = int(subject.bars.time[0])
    for month in (0, int(np.datetime64(first, "s").astype("datetime64[M]").astype(int))):
        found = counted(PANEL, subject, HORIZON, since=None, month=month)
        assert found.scores.market.total().tolist() == [0, 0, 0]
        assert found.track.agents.total().shape == (4, 51)
    assert month_begins(0) == 0
