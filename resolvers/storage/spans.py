"""Spans of series: bars of many of one interval by one COPY, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from resolvers.model.bars import Bars
from resolvers.model.interval import Interval
from resolvers.storage.copy_format import decoded, instant

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_UNLIMITED = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """
    Rows to read of one series.

    Attributes:
        start, end: Bars in [start, end), in unix seconds; None for no bound.
        limit: At most this many of them, the newest.
        before: And at most this many before *start*.
    """

    instrument_id: int
    start: int | None = None
    end: int | None = None
    limit: int = _UNLIMITED
    before: int = 0


async def bars_of_spans(one: "Connection", interval: Interval, spans: Sequence[Span]) -> list[Bars]:
    """The bars of each span, oldest first, by one COPY."""
    if not spans:
        return []
    answer = bytearray()

    async def keep(chunk: bytes) -> None:
        answer.extend(chunk)

    await one.copy_from_query(_query(interval, spans), output=keep, format="binary", timeout=300)
    window, bars = decoded(answer)
    # Each span arrives newest first and in one piece, in whatever order of spans the plan produced.
    edges = np.flatnonzero(np.diff(window, prepend=-1, append=-1))
    found = {int(window[low]): slice(low, high) for low, high in pairwise(edges)}
    return [bars[found[number]][::-1] if number in found else Bars.empty() for number in range(len(spans))]


def _query(interval: Interval, spans: Sequence[Span]) -> str:
    """
    One SELECT for all spans. Newest first, so that a limit stops at the newest partition; the key covers it.

    All values are whole numbers of our own, because COPY takes no parameters.
    """
    values = ", ".join(
        f"({number}, {span.instrument_id:d}, {instant(span.start, default='-infinity')},"
        f" {instant(span.end, default='infinity')}, {span.limit:d}, {span.before:d})"
        for number, span in enumerate(spans)
    )
    columns = "time, open, high, low, close, coalesce(volume, 'NaN') AS volume"
    series = f"FROM candles WHERE instrument_id = w.instrument_id AND bar_minutes = {interval.value:d}"
    body = f"(SELECT {columns} {series} AND time >= w.start AND time < w.until ORDER BY time DESC LIMIT w.most)"
    before = f"(SELECT {columns} {series} AND time < w.start ORDER BY time DESC LIMIT w.earlier)"
    rows = f"{body} UNION ALL {before}" if any(span.before for span in spans) else body
    return (
        "SELECT w.number, b.time, b.open, b.high, b.low, b.close, b.volume"  # noqa: S608
        f" FROM (VALUES {values}) AS w (number, instrument_id, start, until, most, earlier)"
        f" CROSS JOIN LATERAL ({rows}) AS b"
    )
