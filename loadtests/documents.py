"""What a request's document costs before anything is executed: ``python -m loadtests.documents``."""

import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import orjson
from graphql import parse, validate

from gateway.endpoint.documents import Documents
from schema.build import build_schema
from schema.limits import Limits

OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "{ __typename }": ("{ __typename }", {}),
    "chart of 12 fields": (
        """query Chart($symbol: String!, $last: Int) { candles(symbol: $symbol, interval: D1, last: $last) { columns {
             timestamp open high low close volume rsi(period: 14) fast: ema(period: 12) slow: ema(period: 26)
             bollinger(period: 20, deviations: 2) { upper middle lower } } } }""",
        {"symbol": "NOVA", "last": 250},
    ),
    "watch list": (
        """query List($first: Int = 50, $full: Boolean = false) { instruments(first: $first) { nodes { ...Row } } }
           fragment Row on Instrument { symbol name quote { price change changePercent asOf }
             candles(last: 20) @include(if: $full) { bars { time close rsi } } }""",
        {"first": 100, "full": True},
    ),
}


def main() -> None:
    """Prints microseconds per operation, cached and not."""
    schema = build_schema()._schema
    documents = Documents(schema, Limits())
    print(f"{'operation':<22}{'get + operation + check':>26}{'parse + validate':>20}{'all, uncached':>18}   µs")
    for name, (text, variables) in OPERATIONS.items():
        # Every request brings a new string, whose hash nobody has computed yet.
        fresh = [orjson.loads(orjson.dumps(text)) for _ in range(20_000)]
        cached = _microseconds(partial(_checked, documents, variables), fresh)
        stock = _microseconds(lambda one: validate(schema, parse(one)), fresh[:200])
        uncached = _microseconds(partial(_checked, Documents(schema, Limits(), size=0), variables), fresh[:200])
        print(f"{name:<22}{cached:>26.2f}{stock:>20.1f}{uncached:>18.1f}")

    long = ["{ __typename }".ljust(2000, " ") for _ in range(20_000)]
    long = [orjson.loads(orjson.dumps(one)) for one in long]
    by_text = {one: one for one in long[:1]}
    print(f"\na look-up of 2,000 characters by text {_microseconds(by_text.get, long):.2f} µs", end="")
    by_hash = {sha256(one.encode()).digest(): one for one in long[:1]}
    print(f", by SHA-256 {_microseconds(lambda one: by_hash[sha256(one.encode()).digest()], long):.2f} µs")


def _checked(documents: Documents, variables: dict[str, Any], text: str) -> None:
    documents.check(documents.get(text).operation(), variables)


def _microseconds(call: Callable[[str], object], texts: list[str]) -> float:
    """The time of one call, of the fastest of five runs."""
    runs = []
    for start in range(5):
        part = texts[start * len(texts) // 5 : (start + 1) * len(texts) // 5]
        begun = time.perf_counter()
        for text in part:
            call(text)
        runs.append((time.perf_counter() - begun) / len(part) * 1e6)
    return min(runs)


if __name__ == "__main__":
    main()
