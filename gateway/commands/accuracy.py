"""The accuracy report as lines of text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from resolvers.compute.agents.panel import Panel
from resolvers.compute.calibration import EDGES, FEWEST_CASES
from resolvers.compute.outcomes import month_name
from resolvers.compute.performance import AgentPerformance, performances
from resolvers.model.bars import IntArray
from resolvers.model.market import Market
from resolvers.model.vote import AgentFamily
from resolvers.storage.engine_fits import EngineFit

_REAL = "THE REAL MARKET"
_SIMULATED = "THE SIMULATED MARKET: every price is made up, and nothing here says anything about real ones"
_WORDS = """
A hit is a vote, or a score, on whose side the close was after {horizon} bars; a close that had not moved is none.
The base rate is the share of hits that as many buys and sells would have had on bars chosen blindly.
Edge is the hit rate less the base rate. Where it is small or negative, it was worth nothing, whatever the hit rate.
Cases overlap, and instruments move together, so they say far less than their number. None of this is a promise,
nobody claims that a signal makes money, and costs are not in it."""


def accuracy_lines(fits: Mapping[Market, EngineFit], panel: Panel) -> Iterator[str]:
    """The agents, the families and the consensus of each market, as tables, with what the words in them mean."""
    for market, fit in fits.items():
        yield from _of_market(market, fit, panel)
        yield ""
    horizon = next(iter(fits.values())).track.horizon
    yield from _WORDS.format(horizon=horizon).strip().splitlines()


def _of_market(market: Market, fit: EngineFit, panel: Panel) -> Iterator[str]:
    track = fit.track
    yield _SIMULATED if market.is_simulated else _REAL
    yield (
        f"{market.interval.name}, {len(fit.instrument_ids)} instruments, {track.horizon} bars ahead,"
        f" bars of {_day(track.since)} to {_day(track.until)}, what was known before {month_name(fit.month)}"
    )
    found = performances(track)
    yield from _table("agent", [(agent.name, one) for agent, one in zip(panel.agents, found, strict=True)])
    families = [
        (
            family.value,
            _together([one for agent, one in zip(panel.agents, found, strict=True) if agent.family is family]),
        )
        for family in AgentFamily
    ]
    yield from _table("family", families)
    yield from _consensus(fit)


def _table(of: str, rows: Sequence[tuple[str, AgentPerformance]]) -> Iterator[str]:
    yield ""
    yield _line(of, "hits", "cases", "hit rate", "base rate", "edge")
    for name, one in rows:
        yield _line(name, f"{one.hits:,}", f"{one.cases:,}", *_rates(one.hit_rate, one.base_rate))


def _together(many: Sequence[AgentPerformance]) -> AgentPerformance:
    """All votes of several agents; the base rate is that of the same votes at bars chosen blindly."""
    cases = sum(one.cases for one in many)
    blind = sum(one.base_rate * one.cases for one in many if one.base_rate is not None)
    return AgentPerformance(
        horizon=many[0].horizon if many else 0,
        hits=sum(one.hits for one in many),
        cases=cases,
        base_rate=blind / cases if cases else None,
        since=None,
        until=None,
    )


def _consensus(fit: EngineFit) -> Iterator[str]:
    cases, right = fit.scores.scores.total() if len(fit.scores.scores.counts) else np.zeros((2, 8), np.int64)
    bars, rises, falls = fit.scores.market.total().tolist() if len(fit.scores.market.counts) else (0, 0, 0)
    yield ""
    yield _line("consensus, score", "hits", "cases", "confidence", "base rate", "edge")
    for side, moved, first in (("buy", rises, len(EDGES)), ("sell", falls, 0)):
        for step, low in enumerate(EDGES):
            high = f"to {EDGES[step + 1]}" if step + 1 < len(EDGES) else "or more"
            yield _of_score(f"{side} {low} {high}", cases, right, first + step, moved / bars if bars else None)


def _of_score(name: str, cases: IntArray, right: IntArray, place: int, base_rate: float | None) -> str:
    hits, count = int(right[place]), int(cases[place])
    rate = hits / count if count >= FEWEST_CASES else None
    return _line(name, f"{hits:,}", f"{count:,}", *_rates(rate, base_rate))


def _rates(rate: float | None, base_rate: float | None) -> tuple[str, str, str]:
    edge = None if rate is None or base_rate is None else rate - base_rate
    return (
        "-" if rate is None else f"{rate:.3f}",
        "-" if base_rate is None else f"{base_rate:.3f}",
        "-" if edge is None else f"{edge:+.3f}",
    )


def _line(name: str, *numbers: str) -> str:
    return f"{name:<24}" + "".join(f"{one:>12}" for one in numbers)


def _day(seconds: int | None) -> str:
    return "-" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
