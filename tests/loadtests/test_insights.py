"""The scenario of insights, a short run of it, its counting of shared words, and its judgement of answers."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pytest

from loadtests.insight_bodies import InsightJudge, insight_bodies
from loadtests.moving import Moving
from loadtests.report import budgets
from loadtests.shared_states import Arrivals, answered, by_older_rule, by_state, states_of
from loadtests.stored_market import DaySeries
from resolvers.model.facts import Fact, Unit
from resolvers.model.interval import Interval
from tests.bars import spaced
from tests.loadtests.scenarios import outcome, prices, values
from tests.resolvers.compute.insights.market import by_hand

_DAYS = [DaySeries(symbol="AAA", time=86_400 * np.arange(60), close=np.ones(60))]


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Every answer is right and none is old, although things move; only real minutes may be missing."""
    report, printed = outcome(
        "insights",
        tmp_path,
        *("--data", str(prices(tmp_path, symbols=3)), "--bodies", "9", "--minutes", "200"),
        *("--seconds", "0.5", "--moved", "1"),
    )
    found = values(report)
    assert set(budgets("insights")) <= {*found, "real_rsi_gap"}
    assert found["errors"] == 0, printed
    assert 0 < found["simulated_rsi_gap"] < 10
    assert report["is_short"]


def test_what_is_asked_again_is_repeated_and_a_neighbour_is_similar() -> None:
    """
    Two minutes of one state, then one of another: the first question of each state and of each life is a call.

    Words of the first minute are fresh until shortly after the second began; whoever asks for others then is given the
    stale ones, and whoever asks next the new ones. Two states, so two questions find nothing.
    """
    bars = spaced(5, Interval.M1)
    first = by_hand(interval=Interval.M1, time=int(bars.time[0]))
    rsi = Fact(name="rsi", label="RSI(14)", value=69.0, unit=Unit.INDEX, field="rsi")
    second = replace(first, time=int(bars.time[1]), numbers=(first.numbers[0], rsi))
    third = replace(second, trend=-1)
    found = answered(
        {"ACME": (bars, [first, second, third, None, None])}, Arrivals(per_minute=100, model_seconds=0.0), by_state
    )
    assert found.calls == 3
    assert found.repeated + found.similar == found.asked - 2
    assert 1 <= found.similar < 10 < found.repeated
    assert found.worst_rsi_gap == pytest.approx(69 - 62.44)


def test_a_gap_is_less_than_ten_points_where_buckets_are_right() -> None:
    """The older rule has one bucket for all states of a trend, and so any gap."""
    bars = spaced(600, Interval.M1)
    market = {"ACME": (bars, states_of("ACME", bars))}
    arrivals = Arrivals(per_minute=3, model_seconds=2)
    ours, older = answered(market, arrivals, by_state), answered(market, arrivals, by_older_rule)
    assert ours.asked == older.asked > 1000
    assert 0 < ours.worst_rsi_gap < 10 < older.worst_rsi_gap
    assert ours.worst_price_gap < 2 < older.worst_price_gap


def test_an_older_answer_than_was_acknowledged_is_wrong() -> None:
    """And so is one from the future, one of another symbol, one that lacks something, and an error."""
    moving = Moving(1, _DAYS, with_bars=True)
    moving.acknowledged["AAA"], moving.given["AAA"] = 3, 4
    (body,) = insight_bodies(_DAYS, 1)

    def fault(close: float, symbol: str = "AAA", points: int = 8) -> str | None:
        said = {"summary": f"AAA is up: the close of {close:.2f} is", "source": "RULES", "points": [{}] * points}
        insight = said | {"signalCounts": {"total": 1}}
        answer = orjson.dumps({"data": {"instrument": {"symbol": symbol, "insight": insight}}})
        (shot,) = islice(InsightJudge(moving=moving).shots([body], "any"), 1)
        return shot.fault(200, answer)

    assert fault(1003) is None
    assert fault(1004) is None
    assert fault(1002) == "AAA 2 was answered after 3"
    assert fault(1005) == "AAA 5 was answered after 3"
    assert fault(1003, symbol="BBB") == "no insight on AAA"
    assert fault(1003, points=2) == "an insight on AAA that lacks something"
    (shot,) = islice(InsightJudge(moving=moving).shots([body], "any"), 1)
    assert shot.fault(200, b'{"errors": [{"message": "no"}]}') == "no"
    assert shot.fault(500, b"") == "status 500"
