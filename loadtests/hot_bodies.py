"""What is asked again and again: a thousand bodies over all symbols, and what their answers must be."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
import orjson

from loadtests.arrivals import Shot
from loadtests.bare_server import GZIP
from loadtests.http_client import post
from loadtests.moving import Moving, version_of
from loadtests.stored_market import DaySeries

BARS = 1000

_QUOTE = """query Quote($symbol: String!) { quotes(symbols: [$symbol]) {
  price previousClose change changePercent volume asOf
  instrument { symbol name currency exchange assetClass timezone isActive } } }"""
_INSTRUMENT = """query Header($symbol: String!) { instrument(symbol: $symbol) {
  symbol name currency exchange assetClass timezone intervals quote { price change changePercent asOf source } } }"""
_BARS = """query Bars($symbol: String!, $last: Int!) { candles(symbol: $symbol, interval: D1, last: $last) {
  bars { time open high low close volume } } }"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """The body of a request; *last* is how many bars it asks for, None for a quote."""

    days: DaySeries
    text: bytes
    last: int | None


def small_bodies(days: Sequence[DaySeries], count: int) -> list[Body]:
    """Quotes with fields of their instruments: no two bodies are equal."""
    return [
        Body(days=one, text=_text(query, one, spaces=number), last=None)
        for number in range(count)
        for one in days
        for query in (_QUOTE, _INSTRUMENT)
    ][:count]


def large_bodies(days: Sequence[DaySeries], count: int) -> list[Body]:
    """Windows of a thousand bars as rows, and a few bars less once the symbols are through."""
    return [
        Body(days=one, text=_text(_BARS, one, last=BARS - number), last=BARS - number)
        for number in range(-(-count // len(days)))
        for one in days
    ][:count]


def _text(query: str, days: DaySeries, *, spaces: int = 0, **more: int) -> bytes:
    # Where there are few symbols, documents differ in what means nothing.
    return orjson.dumps({"query": query + " " * spaces, "variables": {"symbol": days.symbol, **more}})


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """An answer that was found right, and the number that it carries."""

    answer: bytes
    version: int


@dataclass(kw_only=True, slots=True)
class Judge:
    """Holds answers against the stored days, and against what was published when they were asked for."""

    moving: Moving
    seen: dict[tuple[bytes, bool], Sight] = field(default_factory=dict)

    def shots(self, bodies: Sequence[Body], kind: str, *, is_compressed: bool) -> Iterator[Shot]:
        """Requests without end, over all bodies in turn."""
        headers = GZIP if is_compressed else {}
        prepared = [(one, post("/graphql", one.text, headers)) for one in bodies]
        acknowledged = self.moving.acknowledged
        for body, request in cycle(prepared):
            # Just before it is sent: nothing older may answer it.
            least = acknowledged[body.days.symbol]
            yield Shot(kind=kind, request=request, fault=partial(self._fault, body, is_compressed, least))

    def _fault(self, body: Body, is_compressed: bool, least: int, status: int, answer: bytes) -> str | None:
        key = (body.text, is_compressed)
        sight = self.seen.get(key)
        if sight is None or sight.answer != answer:
            try:
                sight = self.seen[key] = Sight(answer=answer, version=_version(body, status, answer))
            except _Wrong as wrong:
                return str(wrong)
        given = self.moving.given[body.days.symbol]
        if not least <= sight.version <= given:
            return f"{body.days.symbol} {sight.version} was answered after {least}, of {given}"
        return None


def same_shots(bodies: Sequence[Body], kind: str, judge: Judge, *, is_compressed: bool) -> Iterator[Shot]:
    """Requests to the bare server, whose answers are those that the gateway gave it."""
    path = "/gzip" if is_compressed else "/plain"
    expected = {one.text: judge.seen[one.text, is_compressed].answer for one in bodies}

    def fault(text: bytes, status: int, answer: bytes) -> str | None:
        return None if status == 200 and answer == expected[text] else "another answer than the gateway's"

    return cycle(
        [Shot(kind=kind, request=post(path, one.text), fault=partial(fault, one.text)) for one in bodies],
    )


class _Wrong(Exception):
    """What is wrong with an answer."""


def _version(body: Body, status: int, answer: bytes) -> int:
    """The number that an answer carries, once all else in it is right."""
    if status != 200:
        raise _Wrong(f"status {status}")
    # What is sent compressed must be what it says; small answers are sent as they are.
    read: Any = orjson.loads(zlib.decompress(answer, wbits=31) if answer.startswith(b"\x1f\x8b") else answer)
    if read.get("errors"):
        raise _Wrong(str(read["errors"][0]["message"]))
    if body.last is not None:
        return _version_of_bars(body.days, body.last, read["data"]["candles"]["bars"])
    data = read["data"]
    instrument, quote = (
        (data["instrument"], data["instrument"]["quote"])
        if "instrument" in data
        else (data["quotes"][0]["instrument"], data["quotes"][0])
    )
    if instrument["symbol"] != body.days.symbol:
        raise _Wrong(f"{body.days.symbol} expected, {instrument['symbol']} found")
    return version_of(quote["price"])


def _version_of_bars(days: DaySeries, last: int, bars: list[dict[str, Any]]) -> int:
    closes = np.array([bar["close"] for bar in bars])
    # The newest one is what moves.
    if not np.array_equal(closes[:-1], days.close[-last:-1]):
        raise _Wrong(f"other closes of {days.symbol} than were stored")
    return version_of(closes[-1])
