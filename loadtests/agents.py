"""
What the agents cost: ``python -m loadtests.agents``.

All agents, in one thread and without any storage: on the last 500 bars of each symbol, on all bars of all symbols, and
on the newest bar of all symbols, with the bars before it at hand. And what is made of the votes of all bars.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from gateway.feeds.files import FileOptions, read_prices
from loadtests.percentiles import percentile
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import add_data_option
from resolvers.compute.agents.panel import PANEL
from resolvers.compute.agents.universe import Universe
from resolvers.compute.calibration import Calibration, ScoreRecord
from resolvers.compute.consensus import consensus
from resolvers.compute.reliability import Reliability
from resolvers.compute.track_record import TrackRecord
from resolvers.model.bars import Bars

BARS, HORIZON = 500, 5


def main() -> int:
    """Measures and reports."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.agents", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each measure (default: 5)")
    add_data_option(parser)
    add_report_options(parser)
    chosen = parser.parse_args()
    market, data = _market(chosen.data)
    # A process that has freed one large array keeps its heap, as a server's does; else every column is paged in anew.
    np.ones(2_000_000)
    report = Report(
        scenario="agents",
        data=[data, f"{len(PANEL.agents)} agents, version {PANEL.version}, one thread, nothing stored"],
        figures=[
            _one_symbol(market, chosen.rounds),
            _pass("all_seconds", "all bars of all symbols, minimum", market, chosen.rounds, None),
            _pass("newest_seconds", "the newest bar of all symbols, minimum", market, chosen.rounds, 1),
            _judgement(market, chosen.rounds),
        ],
        servers={},
        is_short=chosen.rounds < 3,
    )
    return finished(report, chosen)


def _market(path: Path) -> tuple[Mapping[str, Bars], str]:
    """Bars by symbol, and what they are."""
    if path.is_file():
        market = read_prices(path, FileOptions()).series
        return market, f"{path.name}, {len(market)} symbols, {sum(map(len, market.values())):,} days"
    print(f"{path} is not there: made-up prices take its place")
    return {f"MADE{seed}": _made_up(seed) for seed in range(500)}, "made up, 500 symbols of 1,259 days"


def _made_up(seed: int, count: int = 1259) -> Bars:
    """A walk."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, count)))
    opened = close * np.exp(random.normal(0, 0.004, count))
    return Bars(
        time=86_400 * np.arange(count),
        open=opened,
        high=np.maximum(opened, close) * 1.004,
        low=np.minimum(opened, close) * 0.996,
        close=close,
        volume=random.integers(1, 100_000, count).astype(float),
    )


def _one_symbol(market: Mapping[str, Bars], rounds: int) -> Figure:
    """One call for each symbol, one after the other, as a server would meet them."""
    universe = Universe.of(market)
    members = {symbol: universe.member(symbol) for symbol in market}
    lately = {symbol: bars[-BARS:] for symbol, bars in market.items()}
    times = [
        1000 * _seconds(lambda: PANEL.votes(lately[symbol], members[symbol]))  # noqa: B023 - called at once
        for _ in range(rounds)
        for symbol in market
    ]
    return Figure(
        key="symbol_ms",
        what=f"one symbol, up to {BARS} bars, median",
        value=percentile(times, 50),
        unit="ms",
        details={"min": min(times), "p99": percentile(times, 99), "calls": len(times)},
    )


def _pass(key: str, what: str, market: Mapping[str, Bars], rounds: int, last: int | None) -> Figure:
    def ask() -> None:
        universe = Universe.of(market)
        for symbol, bars in market.items():
            PANEL.votes(bars, universe.member(symbol), last=last)

    seconds = [_seconds(ask) for _ in range(rounds)]
    return Figure(
        key=key,
        what=what,
        value=min(seconds),
        unit="s",
        details={"median": percentile(seconds, 50), "max": max(seconds), "symbols": len(market)},
    )


def _judgement(market: Mapping[str, Bars], rounds: int) -> Figure:
    """Track records, consensus and confidence from the votes on all bars."""
    universe = Universe.of(market)
    votes = {symbol: PANEL.votes(bars, universe.member(symbol)) for symbol, bars in market.items()}
    families = [agent.family for agent in PANEL.agents]

    def judge() -> None:
        records = [TrackRecord.of(votes[symbol], bars, HORIZON) for symbol, bars in market.items()]
        known = Reliability(reduce(add, records))
        score = {
            symbol: consensus(votes[symbol], families, bars.time, reliability=known).score
            for symbol, bars in market.items()
        }
        calibration = Calibration(
            reduce(add, [ScoreRecord.of(score[symbol], bars, HORIZON) for symbol, bars in market.items()])
        )
        for symbol, bars in market.items():
            calibration.confidence(score[symbol], bars.time)

    seconds = [_seconds(judge) for _ in range(rounds)]
    return Figure(
        key="judged_seconds",
        what="track records, consensus and confidence of all bars, minimum",
        value=min(seconds),
        unit="s",
        details={"median": percentile(seconds, 50), "max": max(seconds), "symbols": len(market)},
    )


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
