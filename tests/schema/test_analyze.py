"""Signals that are made because somebody asks for them now."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.events.position import parsed_position
from resolvers.model.event import EventKind
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of
from tests.analyst import BarsAnalyst, analysing
from tests.bars import instrument, spaced
from tests.servers import RunningApp

_ANALYZE = """mutation ($symbols: [String!]!, $interval: Interval! = D1) {
    analyze(symbols: $symbols, interval: $interval) {
        signals { id score interval instrument { symbol latestSignal(interval: D1) { id } } consensus { score } }
        errors { index code message path } position } }"""


@pytest.fixture
async def analyst(pool: Pool) -> BarsAnalyst:
    """One who knows two series of three."""
    found = BarsAnalyst()
    for number, symbol in enumerate(("ACME", "BETA")):
        await instrument(pool, symbol, aliases=(f"{symbol}-X",))
        found.bars[symbol] = spaced(300, Interval.D1, seed=number)
    await instrument(pool, "NONE")
    return found


@pytest.fixture
async def running(urls: ServerUrls, analyst: BarsAnalyst) -> AsyncIterator[RunningApp]:
    """A gateway that asks the analyst."""
    async with analysing(urls, analyst) as running:
        yield running


async def _answer(running: RunningApp, *symbols: str) -> dict[str, Any]:
    asked = {"query": _ANALYZE, "variables": {"symbols": list(symbols)}}
    answer: dict[str, Any] = (await running.client.post("/", json=asked)).json()
    return answer


async def test_signals_are_made_stored_and_shown(running: RunningApp, pool: Pool, analyst: BarsAnalyst) -> None:
    """In the order of the symbols; what they lead to has them already, and repeating it changes nothing."""
    first = (await _answer(running, "beta-x", "ACME"))["data"]["analyze"]
    assert [one["instrument"]["symbol"] for one in first["signals"]] == ["BETA", "ACME"]
    assert first["errors"] == []
    for one in first["signals"]:
        assert one["instrument"]["latestSignal"] == {"id": one["id"]}
        assert (one["score"], one["interval"]) == (one["consensus"]["score"], "D1")
    assert await pool.fetchval("SELECT count(*) FROM signals") == 2
    events = await pool.fetchval("SELECT n FROM event_numbers WHERE kind = 'signals'")
    position = parsed_position(first["position"], await origin_of(pool))
    assert position[EventKind.SIGNALS] == events
    assert (await _answer(running, "beta-x", "ACME"))["data"]["analyze"] == first
    assert await pool.fetchval("SELECT n FROM event_numbers WHERE kind = 'signals'") == events


async def test_what_has_no_signal_is_named_by_index(running: RunningApp, analyst: BarsAnalyst) -> None:
    """The others are made; a symbol that is there twice is analysed once, and shown twice."""
    found = (await _answer(running, "ZZZZ", "ACME", "NONE", "acme-x"))["data"]["analyze"]
    assert [one["instrument"]["symbol"] for one in found["signals"]] == ["ACME", "ACME"]
    assert found["errors"] == [
        {"index": 0, "code": "NOT_FOUND", "message": "no instrument ZZZZ", "path": ["symbols", "0"]},
        {
            "index": 2,
            "code": "NOT_FOUND",
            "message": "no closed D1 bar of NONE is stored",
            "path": ["symbols", "2"],
        },
    ]
    assert analyst.asked == [["ACME", "NONE"]]
    nothing = (await _answer(running))["data"]["analyze"]
    assert (nothing["signals"], nothing["errors"]) == ([], [])


async def test_too_many_symbols_are_refused(running: RunningApp, analyst: BarsAnalyst) -> None:
    """As a whole, and before anything is read."""
    answer = await _answer(running, *["ACME"] * 101)
    assert answer["data"] == {"analyze": None}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("TOO_LARGE", ["analyze"])
    assert error["message"] == "symbols holds at most 100 items, 101 were given"
    assert analyst.asked == []
