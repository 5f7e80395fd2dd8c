"""Whole signals: what they say, and that they know nothing of later bars or of their neighbours."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from gateway.feeds.files import FileOptions, read_prices
from resolvers.compute.agents.panel import PANEL, Panel
from resolvers.compute.agents.universe import Universe
from resolvers.compute.calibration import Calibration
from resolvers.compute.consensus import consensus
from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import seen
from resolvers.compute.engine.validity import valid_until
from resolvers.compute.engine.version import engine_version
from resolvers.model.computed_signals import ComputedSignals, producer_of
from resolvers.model.interval import Interval
from tests.resolvers.compute.agents.market import Market, generated_market, until
from tests.resolvers.compute.engine.judged import HORIZON, NEW_YORK, judge, judged, records, subjects

_PER_BAR = [
    one.name
    for one in fields(ComputedSignals)
    if one.name not in ("instrument_id", "symbol", "interval", "producer", "horizon_bars", "is_news")
]


def _assert_same(found: ComputedSignals, expected: ComputedSignals, message: str) -> None:
    for name in _PER_BAR:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=f"{message}: {name}")


def _assert_causal(market: Market, moments: int) -> None:
    whole = judged(market)
    assert sum(np.isfinite(one.confidence).sum() for one in whole.values()) > 100
    for time in np.unique(np.concatenate([bars.time for bars in market.values()]))[-2::-moments].tolist():
        for symbol, then in judged(until(market, time)).items():
            _assert_same(then, whole[symbol][: len(then)], f"{symbol} at {time}")


def test_a_generated_market_cut_at_a_moment() -> None:
    """Votes, scores, confidence, levels, hashes: everything up to the cut is what it was, bit for bit."""
    _assert_causal(generated_market(), 37)


def test_the_real_market_cut_at_a_moment(real_prices: Path) -> None:
    """All of the 505, of which the fits and the ranks need all."""
    market = read_prices(real_prices / "sp500-daily-5y.csv.gz", FileOptions()).series
    assert len(market) == 505
    _assert_causal(market, 700)


def test_a_signal_in_plain_words() -> None:
    """Every column of one series, from the parts that are tested on their own."""
    market = generated_market()
    found = judged(market)["SYM3"]
    bars, universe = market["SYM3"], Universe.of(market)
    votes = PANEL.votes(bars, universe.member("SYM3"))
    together = consensus(votes, [agent.family for agent in PANEL.agents], bars.time)
    calibration = Calibration(records(market).scores)
    confidence = calibration.confidence(together.score, bars.time)
    assert found.producer == f"gateway-engine-{engine_version(PANEL, HORIZON)}"
    assert (found.symbol, found.interval, found.instrument_id, found.horizon_bars) == ("SYM3", Interval.D1, 4, HORIZON)
    np.testing.assert_array_equal(found.votes, votes)
    for name in ("score", "direction", "strength", "agreement"):
        np.testing.assert_array_equal(getattr(found, name), getattr(together, name))
    np.testing.assert_array_equal(found.confidence, confidence.value)
    np.testing.assert_array_equal(found.price, bars.close)
    np.testing.assert_array_equal(found.valid_until, valid_until(Interval.D1, bars.time, HORIZON, NEW_YORK))
    for at in range(len(found)):
        is_known = np.isfinite(found.confidence[at])
        expected = calibration.fit_id(int(confidence.month[at])) if is_known else ""
        assert found.fit[at].decode() == expected
        assert found.cases[at] == (confidence.cases[at] if is_known else 0)
        assert np.isfinite(found.base_rate[at]) == is_known
        if found.direction[at] and at >= 14:
            risk = abs(found.entry[at] - found.stop[at])
            assert abs(found.target[at] - found.entry[at]) / risk == pytest.approx(1.5)
            assert (found.target[at] - found.entry[at]) * found.direction[at] > 0
        else:
            assert np.isnan(found.entry[at])
    assert np.isfinite(found.confidence).any()
    assert len({one.tobytes() for one in found.input_hash}) == len(found)


@pytest.mark.parametrize("first", [0, 1, 300, 380])
def test_from_a_bar_on_alone_and_among_others(first: int) -> None:
    """A batch of one, of some and of all say the same, and so does whoever asks for the last bars only."""
    market = generated_market()
    whole, knowing = judged(market), judge(market)
    late = [seen(PANEL, one) for one in subjects(market, first=first).values()]
    for batch in ([late[3]], late[2:9], late):
        for one in knowing.signals(batch):
            _assert_same(one, whole[one.symbol][first:], one.symbol)
    assert knowing.signals([]) == []


def test_what_is_news() -> None:
    """The newest bar of a series, as long as its signal holds."""
    market = generated_market()
    ends = {
        symbol: int(valid_until(Interval.D1, bars.time[-1:], HORIZON, NEW_YORK)[0]) for symbol, bars in market.items()
    }
    late = max(ends.values())
    looked = [seen(PANEL, one) for one in subjects(market).values()]
    for found in judge(market).signals(looked, news_from=late - 1):
        assert not found.is_news[:-1].any()
        assert found.is_news[-1] == (ends[found.symbol] == late)
    assert 0 < sum(end == late for end in ends.values()) < len(market)


def test_the_version() -> None:
    """Another horizon or another panel makes signals of another producer."""
    known = {engine_version(PANEL, 5), engine_version(PANEL, 6), engine_version(Panel(PANEL.agents[:-1]), 5)}
    assert len(known) == 3
    assert all(len(one) == 12 and int(one, 16) >= 0 for one in known)
    nobody = Judge(PANEL, 5, Calibration(records(generated_market()).scores))
    assert producer_of(nobody.version) == producer_of(engine_version(PANEL, 5))


def test_no_bars_are_no_signals() -> None:
    """A series of which nothing is wanted."""
    market = generated_market()
    [found] = judge(market).signals([seen(PANEL, subjects(market, first=10_000)["SYM0"])])
    assert len(found) == 0
    assert found.votes.shape == (51, 0)
