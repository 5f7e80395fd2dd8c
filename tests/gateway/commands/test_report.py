"""``gateway report agents``: the stored fits as a plain table, with the words that make it honest."""

import asyncio

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.engine.fits import Records, counted, totalled
from resolvers.compute.performance import performances
from resolvers.storage.pool import Pool
from tests.processes import run
from tests.resolvers.engine.market import HORIZON, StoredMarket

_OF_DAYS = {"GATEWAY_ENGINE_INTERVALS": "D1"}


async def test_nothing_was_computed_yet(variables: dict[str, str]) -> None:
    """A line that says what to do, and status 1."""
    ended = await asyncio.to_thread(run, variables | _OF_DAYS, "report", "agents")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("gateway: no D1 signals of this version (")
    assert ended.stderr.endswith(") were made here yet; run `gateway worker --once`\n")


async def test_the_numbers_are_those_of_the_fits(pool: Pool, variables: dict[str, str]) -> None:
    """Each agent, each family and the consensus by strength, counted from the stored bars."""
    market = await StoredMarket.of_days(pool)
    await asyncio.to_thread(run, variables | _OF_DAYS, "worker", "--once")
    ended = await asyncio.to_thread(run, variables | _OF_DAYS, "report", "agents", "--interval", "D1")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    month = market.month()
    nothing = Records.none(PANEL, HORIZON, month)
    records = totalled(nothing, [counted(PANEL, one, HORIZON, since=None, month=month) for one in market.subjects()])
    found = performances(records.track)
    assert lines[0] == "THE REAL MARKET"
    assert lines[1] == (
        "D1, 11 instruments, 5 bars ahead, bars of 2024-01-01 to 2024-04-25, what was known before 2024-05"
    )
    rows = {line[:24].rstrip(): line[24:].split() for line in lines if line[:24].strip()}
    for agent, one in zip(PANEL.agents, found, strict=True):
        hits, cases, *rates = rows[agent.name]
        assert (int(hits.replace(",", "")), int(cases.replace(",", ""))) == (one.hits, one.cases)
        if one.hit_rate is None or one.base_rate is None:
            assert rates == ["-", "-", "-"]
        else:
            assert rates == [f"{one.hit_rate:.3f}", f"{one.base_rate:.3f}", f"{one.hit_rate - one.base_rate:+.3f}"]
    trend = [one for agent, one in zip(PANEL.agents, found, strict=True) if agent.family.value == "TREND"]
    assert rows["TREND"][0] == f"{sum(one.hits for one in trend):,}"
    cases, right = records.scores.scores.total().tolist()
    bars, rises, falls = records.scores.market.total().tolist()
    names = ["0.1 to 0.2", "0.2 to 0.3", "0.3 to 0.4", "0.4 or more"]
    for place, name in enumerate([*(f"sell {one}" for one in names), *(f"buy {one}" for one in names)]):
        known = f"{right[place] / cases[place]:.3f}" if cases[place] >= 250 else "-"
        base = f"{(rises if place >= 4 else falls) / bars:.3f}"
        assert rows[name][:4] == [f"{right[place]:,}", f"{cases[place]:,}", known, base]
    text = " ".join(ended.stdout.split())
    assert "nobody claims that a signal makes money" in text
    assert "The base rate is the share of hits that as many buys and sells would have had" in text


async def test_no_series_has_a_past(pool: Pool, variables: dict[str, str]) -> None:
    """There are agents, and nothing to say of them."""
    await StoredMarket.of_days(pool, symbols=2, count=20)
    await asyncio.to_thread(run, variables | _OF_DAYS, "worker", "--once")
    ended = await asyncio.to_thread(run, variables | _OF_DAYS, "report", "agents")
    assert ended.returncode == 0
    assert ended.stdout.startswith(
        "THE REAL MARKET\nD1, 0 instruments, 5 bars ahead, bars of - to -, what was known before 2024-01\n"
    )


async def test_each_market_is_named(pool: Pool, variables: dict[str, str]) -> None:
    """One after the other, each of its own instruments; the words that hold for both are there once."""
    await StoredMarket.of_days(pool, count=100, is_simulated=True)
    await asyncio.to_thread(run, variables | _OF_DAYS, "worker", "--once")
    ended = await asyncio.to_thread(run, variables | _OF_DAYS, "report", "agents")
    alone = ended.stdout.splitlines()
    assert alone[0].startswith("THE SIMULATED MARKET: every price is made up")
    assert alone[1].startswith("D1, 11 instruments, 5 bars ahead, bars of 2024-01-01 to ")
    await StoredMarket.of_days(pool, symbols=2)
    await asyncio.to_thread(run, variables | _OF_DAYS, "worker", "--once")
    ended = await asyncio.to_thread(run, variables | _OF_DAYS, "report", "agents")
    lines = ended.stdout.splitlines()
    second = lines.index(alone[0])
    assert lines[0] == "THE REAL MARKET"
    assert lines[1].startswith("D1, 2 instruments, ")
    assert lines[second:] == alone, "the simulated market is as it was"
    assert [line for line in lines if line.startswith("A hit is a vote")] == [alone[-5]]
