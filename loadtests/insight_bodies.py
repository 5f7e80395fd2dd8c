"""A thousand different questions for insights, and what their answers must be."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import Any

import orjson

from loadtests.arrivals import Shot
from loadtests.http_client import Connection, post
from loadtests.moving import Moving, version_of
from loadtests.stored_market import DaySeries

_QUERY = """query Insight($symbol: String!) { instrument(symbol: $symbol) { symbol insight {
  summary regime source basis points { text value field }
  signalCounts { total buy sell hold averageConfidence since } } } }"""
_SIGNALS = """mutation ($items: [PublishedSignal!]!) {
  published: publishSignals(input: {producer: "loadtest/1", items: $items}) { stored errors { message } } }"""
_LARGEST_CALL = 500
_CLOSE = re.compile(r"the close of ([\d.]+) is")


async def publish_signals(port: int, days: Sequence[DaySeries]) -> None:
    """
    One signal for each symbol, at its newest day.

    Raises:
        RuntimeError: If one of them is not taken.
    """
    connection = await Connection.open(port)
    for first in range(0, len(days), _LARGEST_CALL):
        await _publish(connection, [_signal(one) for one in days[first : first + _LARGEST_CALL]])
    connection.close()


@asynccontextmanager
async def signals_moving(port: int, days: Sequence[DaySeries]) -> AsyncIterator[None]:
    """One signal after the other is published anew with another score, one a second, while the block runs."""
    connection, is_over = await Connection.open(port), asyncio.Event()

    async def run() -> None:
        for number, one in enumerate(cycle(days)):
            await _publish(connection, [_signal(one, score=(number % 99 + 1) / 100)])
            with suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), 1.0)
                return

    async with asyncio.TaskGroup() as group:
        group.create_task(run())
        try:
            yield
        finally:
            is_over.set()
    connection.close()


async def _publish(connection: Connection, items: Sequence[dict[str, Any]]) -> None:
    body = orjson.dumps({"query": _SIGNALS, "variables": {"items": items}})
    status, answer = await connection.exchange(post("/graphql", body))
    published = orjson.loads(answer)["data"]["published"] if status == 200 else None
    if published is None or published["errors"] or published["stored"] != len(items):
        raise RuntimeError(f"publishing signals ended with {status}: {answer[:300]!r}")


def _signal(days: DaySeries, *, score: float = 0.005) -> dict[str, Any]:
    given = {"direction": "BUY", "strength": "WEAK", "score": score, "agreement": 0.5, "confidence": 0.51}
    time = f"{days.time[-1].astype('datetime64[s]')}Z"
    price = float(days.close[-1])
    return given | {"symbol": days.symbol, "interval": "D1", "barTime": time, "price": price, "rationale": "none"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """The body of a request about one symbol."""

    days: DaySeries
    text: bytes


def insight_bodies(days: Sequence[DaySeries], count: int) -> list[Body]:
    """Questions of which no two are equal; where there are few symbols they differ in what means nothing."""
    return [
        Body(days=one, text=orjson.dumps({"query": _QUERY + " " * number, "variables": {"symbol": one.symbol}}))
        for number in range(-(-count // len(days)))
        for one in days
    ][:count]


@dataclass(kw_only=True, slots=True)
class InsightJudge:
    """Holds answers against what was published when they were asked for."""

    moving: Moving
    seen: dict[bytes, tuple[bytes, int]] = field(default_factory=dict)

    def shots(self, bodies: Sequence[Body], kind: str) -> Iterator[Shot]:
        """Requests without end, over all bodies in turn."""
        prepared = [(one, post("/graphql", one.text)) for one in bodies]
        for body, request in cycle(prepared):
            # Just before it is sent: nothing older may answer it.
            least = self.moving.acknowledged[body.days.symbol]
            yield Shot(kind=kind, request=request, fault=partial(self._fault, body, least))

    def _fault(self, body: Body, least: int, status: int, answer: bytes) -> str | None:
        known = self.seen.get(body.text)
        if known is None or known[0] != answer:
            version, fault = _read(body, status, answer)
            if fault is not None:
                return fault
            known = self.seen[body.text] = (answer, version)
        if not least <= known[1] <= self.moving.given[body.days.symbol]:
            return f"{body.days.symbol} {known[1]} was answered after {least}"
        return None


def _read(body: Body, status: int, answer: bytes) -> tuple[int, str | None]:
    """The number that the close in an answer carries, and what is wrong with the answer."""
    if status != 200:
        return 0, f"status {status}"
    read: Any = orjson.loads(answer)
    if read.get("errors"):
        return 0, str(read["errors"][0]["message"])
    found = read["data"]["instrument"]
    insight = found["insight"]
    close = insight and _CLOSE.search(insight["summary"])
    if found["symbol"] != body.days.symbol or not close or insight["source"] != "RULES":
        return 0, f"no insight on {body.days.symbol}"
    if insight["signalCounts"]["total"] != 1 or len(insight["points"]) < 6:
        return 0, f"an insight on {body.days.symbol} that lacks something"
    return version_of(float(close[1])), None
