"""Computed signals as rows for PostgreSQL's binary COPY, and their hashes as it answers with them."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from resolvers.model.bars import IntArray
from resolvers.model.computed_signals import ComputedSignals, Hashes
from resolvers.model.interval import Interval
from resolvers.model.signal import Direction, Strength
from resolvers.storage.binary_rows import (
    Column,
    absent_where,
    blocks,
    encoded_rows,
    floats,
    moments,
    numbers,
    texts,
)
from resolvers.storage.copy_format import EPOCH, HEADER, TRAILER, instant

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

NAMING: Final = ("id", "time", "instrument_id", "bar_minutes", "producer")
"""The columns that say which signal it is."""

GIVEN: Final = (
    *("valid_until", "score", "agreement", "confidence", "price", "entry", "stop", "target", "horizon_bars"),
    *("direction", "strength", "votes", "input_hash", "base_rate", "cases", "fit", "measures"),
)
"""The columns that say what it says."""

_BULK_SECONDS = 600
_PIECE_ROWS = 1024
_DIRECTIONS = np.array([Direction.SELL.value, Direction.HOLD.value, Direction.BUY.value], "S")
_STRENGTHS = np.array([Strength.WEAK.value, Strength.MODERATE.value, Strength.STRONG.value], "S")
_MICROSECONDS = 1_000_000
_HASH_ROW = np.dtype(
    [
        *(("columns", ">i2"), ("id_length", ">i4"), ("id", ">i4"), ("time_length", ">i4"), ("time", ">i8")),
        *(("hash_length", ">i4"), ("hash", "u1", (16,))),
    ]
)


async def copy_signals(one: "Connection", table: str, parts: Sequence[ComputedSignals]) -> None:
    """Copies signals into a table that has the columns of `signals`."""
    if not parts:
        return

    async def stream() -> AsyncIterator[bytes]:
        yield HEADER
        # A piece at a time: what else waits for the processor gets it between two.
        for piece in _pieces(parts):
            yield encoded_signals(piece)
        yield TRAILER

    await one.copy_to_table(table, source=stream(), columns=[*NAMING, *GIVEN], format="binary", timeout=_BULK_SECONDS)


def _pieces(parts: Iterable[ComputedSignals]) -> Iterator[list[ComputedSignals]]:
    """Parts that are encoded together, since many of one row each cost as much one by one as whole series do."""
    piece: list[ComputedSignals] = []
    rows = 0
    for part in parts:
        piece.append(part)
        rows += len(part)
        if rows >= _PIECE_ROWS:
            yield piece
            piece, rows = [], 0
    if piece:
        yield piece


def encoded_signals(parts: Sequence[ComputedSignals]) -> bytes:
    """The rows of a stream with the columns `NAMING` and `GIVEN`; all of one panel."""
    counts = [len(part) for part in parts]

    def each(name: str, axis: int = 0) -> Any:
        return np.concatenate([getattr(part, name) for part in parts], axis)

    def of_series(values: list[int] | list[bytes]) -> Any:
        return np.repeat(np.array(values), counts)

    fit = each("fit")
    has_none = np.char.str_len(fit) == 0
    columns: dict[str, Column] = {
        "id": blocks(each("digest")),
        "time": moments(each("time")),
        "instrument_id": numbers(of_series([part.instrument_id for part in parts]), ">i4"),
        "bar_minutes": numbers(of_series([part.interval.value for part in parts]), ">i2"),
        "producer": texts(of_series([part.producer.encode() for part in parts])),
        "valid_until": moments(each("valid_until")),
        "score": numbers(each("score"), ">f8"),
        "agreement": numbers(each("agreement"), ">f8"),
        "confidence": floats(each("confidence")),
        "price": numbers(each("price"), ">f8"),
        "entry": floats(each("entry")),
        "stop": floats(each("stop")),
        "target": floats(each("target")),
        "horizon_bars": numbers(of_series([part.horizon_bars for part in parts]), ">i4"),
        "direction": texts(_DIRECTIONS[each("direction") + 1]),
        "strength": texts(_STRENGTHS[each("strength")]),
        "votes": blocks(each("votes", 1).T),
        "input_hash": blocks(each("input_hash")),
        "base_rate": absent_where(numbers(each("base_rate"), ">f8"), has_none),
        "cases": absent_where(numbers(each("cases"), ">i4"), has_none),
        "fit": texts(fit),
        "measures": blocks(each("measures", 1).T.astype("<f8")),
    }
    return encoded_rows([columns[name] for name in (*NAMING, *GIVEN)])


async def known_hashes(
    one: "Connection", producer: str, interval: Interval, instrument_ids: Sequence[int], since: int | None = None
) -> dict[int, tuple[IntArray, Hashes]]:
    """
    What is stored of each series that has signals: the times of their bars in unix seconds, in order, and their hashes.

    Cancelled signals are left out. A signal without a hash has sixteen zeros.

    Args:
        since: Only of bars from this time on, in unix seconds.
    """
    if not instrument_ids:
        return {}
    answer = bytearray()

    async def keep(chunk: bytes) -> None:
        answer.extend(chunk)

    # COPY takes no parameters; a producer's name is a text, and so is quoted by the server.
    name: str = await one.fetchval("SELECT quote_literal($1::text)", producer)
    await one.copy_from_query(
        "SELECT instrument_id, time, CASE WHEN length(input_hash) = 16 THEN input_hash"  # noqa: S608
        f"  ELSE decode('{'00' * 16}', 'hex') END FROM signals"
        f" WHERE instrument_id IN ({', '.join(f'{number:d}' for number in instrument_ids)})"
        f" AND bar_minutes = {interval.value:d} AND producer = {name} AND NOT is_cancelled"
        f" AND time >= {instant(since, default='-infinity')}",
        output=keep,
        format="binary",
        timeout=_BULK_SECONDS,
    )
    count = (len(answer) - len(HEADER) - len(TRAILER)) // _HASH_ROW.itemsize
    rows = np.frombuffer(answer, _HASH_ROW, count, len(HEADER))
    ids, times = rows["id"].astype(np.int64), rows["time"].astype(np.int64) // _MICROSECONDS + EPOCH
    order = np.lexsort((times, ids))
    ids, times, hashes = ids[order], times[order], rows["hash"][order]
    found, firsts = np.unique(ids, return_index=True)
    bounds = pairwise([*firsts.tolist(), len(ids)])
    return {
        number: (times[first:end], hashes[first:end])
        for number, (first, end) in zip(found.tolist(), bounds, strict=True)
    }
