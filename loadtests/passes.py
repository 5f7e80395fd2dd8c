"""All symbols asked for once, and which tier answered."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from loadtests.arrivals import Run, Shot
from loadtests.gateway_process import GatewayProcess
from loadtests.http_client import Connection, get, post
from loadtests.percentiles import percentile
from loadtests.report import Figure
from loadtests.stored_market import DaySeries

Counts = Mapping[tuple[str, str], int]

CLIENTS = 8
_WINDOW = """query Window($symbol: String!, $last: Int!) { candles(symbol: $symbol, interval: D1, last: $last) {
  count columns { timestamp open high low close volume rsi(period: 14) } } }"""
_QUOTE = "query Quote($symbol: String!) { quotes(symbols: [$symbol]) { price change volume asOf } }"
# A whole window in memory, else its body from further back: both are one look-up to whoever asks for bars.
_NOUNS = ("window", "body", "quote")


def window(one: DaySeries, last: int) -> Shot:
    """The newest days of a symbol, held against the stored ones."""
    variables = {"symbol": one.symbol, "last": last}
    count, close = min(last, len(one.close)), float(one.close[-1])

    def fault(status: int, body: bytes) -> str | None:
        answer = orjson.loads(body) if status == 200 else {}
        series = (answer.get("data") or {}).get("candles")
        if series is None:
            return f"status {status}: {body[:200]!r}"
        found = series["count"], series["columns"]["close"][-1]
        return None if found == (count, close) else f"{count} bars up to {close} expected, {found} found"

    return Shot(kind="window", request=_post(_WINDOW, variables), fault=fault)


def quote(one: DaySeries) -> Shot:
    """Its quote, which is the last close."""

    def fault(close: float, status: int, body: bytes) -> str | None:
        price = orjson.loads(body)["data"]["quotes"][0]["price"] if status == 200 else None
        return None if price == close else f"{one.symbol} at {close} expected, {price} found"

    request = _post(_QUOTE, {"symbol": one.symbol})
    return Shot(kind="quote", request=request, fault=partial(fault, float(one.close[-1])))


def _post(query: str, variables: dict[str, Any]) -> bytes:
    return post("/graphql", orjson.dumps({"query": query, "variables": variables}))


async def counts_of(gateway: GatewayProcess) -> Counts:
    """What a process has counted so far, by noun and name."""
    connection = await Connection.open(gateway.port)
    _, body = await connection.exchange(get("/watched/counts"))
    connection.close()
    return {(noun, name): count for noun, name, count in orjson.loads(body)["tiers"]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """All symbols asked for once."""

    key: str
    what: str
    run: Run
    counts: Counts

    def shares(self) -> dict[str, float]:
        """The share of windows and quotes that each tier gave."""
        found = {
            "memory": self._sum("memory_hits", "memory_waits", "memory_returns"),
            "redis": self._sum("redis_hits", "redis_waits"),
            "postgresql": self._sum("loads"),
        }
        total = sum(found.values())
        return {tier: count / total if total else 0.0 for tier, count in found.items()}

    def _sum(self, *names: str) -> int:
        return sum(self.counts.get((noun, name), 0) for noun in _NOUNS for name in names)

    def figures(self, tier: str) -> Iterator[Figure]:
        """The share of the tier that should have answered, and the speed."""
        shares, times = self.shares(), self.run.all_times_ms()
        yield Figure(
            key=f"{self.key}_{tier}", what=f"{self.what}: share of {tier}", value=shares[tier], unit="", details=shares
        )
        yield Figure(
            key=f"{self.key}_rate",
            what=f"{self.what}: requests",
            value=len(times) / self.run.seconds,
            unit="requests/s",
            details={f"p{one}": percentile(times, one) for one in (50, 95, 99)} if times else {},
        )


async def all_once(key: str, what: str, gateway: GatewayProcess, days: Sequence[DaySeries]) -> Pass:
    """A window and a quote of each symbol, and what the tiers made of it."""
    shots = [shot for one in days for shot in (window(one, 250), quote(one))]
    before = await counts_of(gateway)
    run = await each_once(gateway.port, shots)
    after = await counts_of(gateway)
    return Pass(key=key, what=what, run=run, counts={name: after[name] - before.get(name, 0) for name in after})


async def each_once(port: int, shots: Sequence[Shot]) -> Run:
    """Every request once, by eight clients."""
    run, rest = Run(), iter(shots)
    begin = time.perf_counter()

    async def ask() -> None:
        connection = await Connection.open(port)
        for shot in rest:
            due = time.perf_counter()
            run.keep(shot, due, shot.fault(*await connection.exchange(shot.request)))
        connection.close()

    await asyncio.gather(*(ask() for _ in range(CLIENTS)))
    run.seconds = time.perf_counter() - begin
    return run
