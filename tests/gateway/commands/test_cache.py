"""``gateway cache``: what is printed of running gateways, and that they read anew."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.commands.cache_tables import process_tables
from gateway.config import ServerUrls
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store
from tests.following import eventually
from tests.gateway.commands.conftest import Runner
from tests.servers import PATIENT, RunningGateway
from tests.signals import draft
from tests.signals import store as store_signals

_QUERY = '{ candles(symbol: "ACME", interval: H1, last: 5) { columns { close } } }'
_OFTEN = replace(PATIENT, stats_seconds=0.1)


def _cell(table: str, row: str, column: str) -> int:
    """A number of the last table that has such a column."""
    lines = table.splitlines()
    heading = max(at for at, line in enumerate(lines) if column in line.split())
    place = lines[heading].split().index(column) - len(lines[heading].split())
    return next(int(line.split()[place].replace(",", "")) for line in lines[heading:] if line.split()[:1] == [row])


async def _printed(gateway_command: Runner, *words: str) -> str:
    """What is printed when all of *words* stand in it."""
    while True:
        ended = await asyncio.to_thread(gateway_command, "cache", "stats")
        assert (ended.returncode, ended.stderr) == (0, "")
        if all(word in ended.stdout for word in words):
            return ended.stdout


async def test_stats_are_those_of_each_process_and_of_redis(
    gateway_command: Runner, urls: ServerUrls, pool: Pool
) -> None:
    """What was held, counted and stored for one query that was asked three times."""
    await store(pool, await instrument(pool), Interval.H1, spaced(20, Interval.H1))
    async with RunningGateway(_OFTEN, urls) as gateway:
        for _ in range(3):
            await gateway.client.post("/graphql", json={"query": _QUERY})
        printed = await _printed(gateway_command, "hits 2, waits 0, misses 1")
    assert _cell(printed.partition("Redis")[0], "held", "window") == 1
    assert _cell(printed.partition("Redis")[0], "loads", "body") == 1
    assert _cell(printed.partition("Redis")[0], "loaded", "instrument") == 1
    assert _cell(printed.partition("Redis")[0], "bytes", "window") > 0
    assert _cell(printed, "body", "keys") == _cell(printed, "newest", "keys") == 1
    assert _cell(printed, "all", "bytes") > 5 * 48
    assert "troubles: unreachable 0" in printed


def test_several_processes_are_added_up() -> None:
    """Each by its name, then all together."""
    printed = "\n".join(process_tables({"a-1": {"quote.loads": 2}, "b-2": {"quote.loads": 1040, "response.hits": 3}}))
    assert [line for line in printed.splitlines() if ("-" in line or "all" in line) and "," in line][:2] == [
        "a-1, for 0 s",
        "b-2, for 0 s",
    ]
    total = printed.partition("all 2 processes")[2]
    assert _cell(total, "loads", "quote") == 1042
    assert "hits 3, waits 0" in total


def test_nobody_who_tells_is_said(quick_command: Runner) -> None:
    """And nothing is in Redis of a database that nobody serves."""
    ended = quick_command("cache", "stats")
    assert ended.returncode == 0
    assert ended.stdout.startswith("No process has told its counters")
    assert _cell(ended.stdout, "all", "keys") == 0


def test_a_redis_that_is_gone_is_one_line(quick_command: Runner) -> None:
    """Status 1."""
    ended = quick_command("cache", "stats", GATEWAY_REDIS_URL="redis://127.0.0.1:1/0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1].startswith("gateway: Redis cannot be reached")


async def test_what_was_changed_by_hand_is_read_after_a_purge(
    gateway_command: Runner, gateway: RunningGateway, pool: Pool
) -> None:
    """Each subject by its own; before it nobody knows."""
    one = await instrument(pool, "ACME", name="Acme")
    await store(pool, one, Interval.H1, spaced(20, Interval.H1))
    query = (
        '{ candles(symbol: "ACME", interval: H1, last: 1) { columns { close } }'
        ' quotes(symbols: ["ACME"]) { price } instrument(symbol: "ACME") { name } }'
    )

    async def shown() -> tuple[float, float, str]:
        data: Any = (await gateway.client.post("/graphql", json={"query": query})).json()["data"]
        return data["candles"]["columns"]["close"][0], data["quotes"][0]["price"], data["instrument"]["name"]

    async def is_shown(expected: tuple[float, float, str]) -> None:
        async def is_so() -> bool:
            return await shown() == expected

        await eventually(is_so)

    close, price, name = await shown()
    await pool.execute("UPDATE candles SET close = 7, low = 6.5, high = 1000; UPDATE quotes SET price = 8")
    await pool.execute("UPDATE instruments SET name = 'By hand'")
    assert await shown() == (close, price, name)
    for subject, told, expected in (
        ("quote:acme", f"quote:{one.id}: revision 2", (close, 8.0, name)),
        ("candles:acme:h1", f"candles:{one.id}:60: revision 2", (7.0, 8.0, name)),
        ("instruments", "instruments: revision 4", (7.0, 8.0, "By hand")),
    ):
        ended = await asyncio.to_thread(gateway_command, "cache", "purge", subject)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert told in ended.stdout
        await is_shown(expected)
    await pool.execute("UPDATE candles SET close = 9; UPDATE quotes SET price = 10")
    await pool.execute("UPDATE instruments SET name = 'Again'")
    ended = await asyncio.to_thread(gateway_command, "cache", "purge", "all")
    assert ended.returncode == 0
    await is_shown((9.0, 10.0, "Again"))


async def test_signals_that_were_changed_by_hand_are_read_after_a_purge(
    gateway_command: Runner, gateway: RunningGateway, pool: Pool
) -> None:
    """Of one instrument, of which others know nothing; and of all, also of one that never had any."""
    acme, other, none = [await instrument(pool, symbol) for symbol in ("ACME", "OTHER", "NONE")]
    await store_signals(pool, draft(acme), draft(other))

    async def are_shown(*expected: float) -> None:
        async def is_so() -> bool:
            return await shown() == list(expected)

        await eventually(is_so)

    async def shown() -> list[float]:
        found: list[float] = []
        for symbol in ("ACME", "OTHER", "NONE"):
            query = f'{{ signals(filter: {{symbols: ["{symbol}"]}}) {{ nodes {{ score }} }} }}'
            answer = (await gateway.client.post("/graphql", json={"query": query})).json()
            found += [one["score"] for one in answer["data"]["signals"]["nodes"]]
        return found

    await are_shown(0.25, 0.25)
    await pool.execute("UPDATE signals SET score = 0.5")
    ended = await asyncio.to_thread(gateway_command, "cache", "purge", "signals:acme")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"signals: revision 3\nsignals:{acme.id}: revision 3\n"
    await are_shown(0.5, 0.25)
    await pool.execute("UPDATE signals SET score = 0.75, instrument_id = $1 WHERE instrument_id = $2", none.id, acme.id)
    await pool.execute("UPDATE signal_series SET instrument_id = $1 WHERE instrument_id = $2", none.id, acme.id)
    ended = await asyncio.to_thread(gateway_command, "cache", "purge", "signals")
    assert ended.stdout == "signals: revision 4\nsignals:*: revision 4\n"
    await are_shown(0.5, 0.75)


async def test_all_intervals_of_a_symbol(gateway_command: Runner, pool: Pool) -> None:
    """Bodies too; also of a series of one bar, and of a symbol with a colon."""
    one = await instrument(pool, "X:Y")
    await store(pool, one, Interval.H1, spaced(1, Interval.H1))
    ended = await asyncio.to_thread(gateway_command, "cache", "purge", "candles:x:y")
    minutes = (60, 240, 1440, 10080)
    expected = [f"{kind}:{one.id}:{each}: revision 2" for each in minutes for kind in ("candles", "body")]
    assert sorted(ended.stdout.splitlines()) == sorted(expected)
    rows = await pool.fetch("SELECT first_time, last_time, revision, body_revision FROM series")
    assert {(row["revision"], row["body_revision"], row["first_time"] == row["last_time"]) for row in rows} == {
        (2, 2, True)
    }


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (
            "candles",
            "candles:SYMBOL, quote:SYMBOL, signals:SYMBOL, signals, instruments or all, was 'candles'",
        ),
        ("everything", "was 'everything'"),
        ("all:ACME", "was 'all:ACME'"),
        ("quote:NONE", "no instrument NONE"),
        ("signals:NONE", "no instrument NONE"),
        ("quote:ACME", "no quote of ACME is stored"),
        ("candles:ACME:H1", "no H1 bars of ACME are stored"),
        ("candles:ACME", "no bars of ACME are stored"),
    ],
    ids=str,
)
def test_what_cannot_be_purged_is_one_line(subject: str, words: str, quick_command: Runner, tmp_path: Path) -> None:
    """Status 1."""
    (tmp_path / "one.csv").write_text("symbol\nACME\n")
    quick_command("instruments", "import", tmp_path / "one.csv")
    ended = quick_command("cache", "purge", subject)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("gateway: ")
    assert words in ended.stderr
