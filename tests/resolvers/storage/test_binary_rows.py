"""Rows with values of any length and with nulls, through a real server."""

import io
import math
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.storage.binary_rows import Column, absent_where, blocks, encoded_rows, floats, moments, numbers, texts
from resolvers.storage.copy_format import HEADER, TRAILER
from resolvers.storage.pool import Pool, connection

_ROWS = st.lists(
    st.tuples(
        st.integers(-(2**31), 2**31 - 1),
        st.just(math.nan) | st.floats(allow_nan=False),
        # What fills its column ends in no zero byte, and an empty text is none.
        st.text("aäß€ z", max_size=5),
        st.binary(min_size=3, max_size=3),
        st.integers(0, 4_000_000_000),
        st.none() | st.integers(-(2**15), 2**15 - 1),
    ),
    max_size=12,
)


async def _stored(pool: Pool, columns: list[Column], types: list[str]) -> list[tuple[Any, ...]]:
    """The rows as the server reads them, in their order."""
    names = [f"c{number}" for number in range(len(columns))]
    async with connection(pool) as one, one.transaction():
        table = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
        await one.execute(f"CREATE TEMPORARY TABLE received ({table}) ON COMMIT DROP")
        stream = io.BytesIO(HEADER + encoded_rows(columns) + TRAILER)
        await one.copy_to_table("received", source=stream, columns=names, format="binary")
        return [tuple(row) for row in await one.fetch("SELECT * FROM received")]


@given(rows=_ROWS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_written_is_read(
    rows: list[tuple[int, float, str, bytes, int, int | None]], pool: Pool
) -> None:
    """All rows, each once; a NaN and an empty text are nulls."""
    short = [row[5] for row in rows]
    columns = [
        numbers(np.array([row[0] for row in rows], np.int64), ">i4"),
        floats(np.array([row[1] for row in rows], np.float64)),
        texts(np.array([row[2].encode() for row in rows], "S")),
        blocks(np.frombuffer(b"".join(row[3] for row in rows), np.uint8).reshape(len(rows), 3)),
        moments(np.array([row[4] for row in rows], np.int64)),
        absent_where(
            numbers(np.array([one or 0 for one in short], np.int64), ">i2"),
            np.array([one is None for one in short], bool),
        ),
    ]
    found = await _stored(pool, columns, ["int", "float8", "text", "bytea", "timestamptz", "smallint"])
    expected = [
        (row[0], None if math.isnan(row[1]) else row[1], row[2] or None, row[3], row[4], row[5]) for row in rows
    ]
    assert sorted(map(repr, [(*row[:4], int(row[4].timestamp()), row[5]) for row in found])) == sorted(
        map(repr, expected)
    )


async def test_rows_of_many_kinds_stay_apart(pool: Pool) -> None:
    """Each misses another column's value, and there could be more kinds than a number of eight bytes can count."""
    values = np.where(np.eye(80), math.nan, np.arange(80.0))
    found = await _stored(pool, [floats(column) for column in values], ["float8"] * 80)
    assert sorted(found, key=lambda row: row.index(None)) == [
        tuple(None if column == row else float(row) for column in range(80)) for row in range(80)
    ]
