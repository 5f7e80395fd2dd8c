"""Signals: one row for each, by the time of its bar."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from resolvers.model.event import EventKind
from resolvers.model.interval import Interval
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, SignalDraft, Strength
from resolvers.storage.changed_signals import ChangedSignal
from resolvers.storage.outbox import newest_numbers
from resolvers.storage.partitions import ensure_partitions
from resolvers.storage.pool import Pool, connection, snapshot
from resolvers.storage.written import Written, told

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOCK = 0x5_16A6

_GIVEN = (
    "valid_until, score, agreement, confidence, price, entry, stop, target, horizon_bars, is_cancelled, direction,"
    " strength, rationale, votes, input_hash, base_rate, cases, fit, measures"
)
_NAMING = "id, time, instrument_id, bar_minutes, producer, key"
_TYPES = (
    *("uuid", "timestamptz", "int", "smallint", "text", "text"),
    *("timestamptz", *["float8"] * 7, "int", "bool"),
    *("text", "text", "text", "bytea", "bytea"),
    *("float8", "int", "text", "bytea"),
)
_VALUES = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_TYPES, 1))


def _of(table: str, names: str = _GIVEN) -> str:
    return ", ".join(f"{table}.{name}" for name in names.split(", "))


_STORE = (
    f"INSERT INTO signals ({_NAMING}, {_GIVEN}) SELECT * FROM unnest({_VALUES}) AS n (id, time) ORDER BY n.time, n.id"  # noqa: S608
    f" ON CONFLICT (time, id) DO UPDATE SET ({_GIVEN}, revision) = ({_of('excluded')}, signals.revision + 1)"
    f" WHERE ({_of('signals')}) IS DISTINCT FROM ({_of('excluded')})"
    " RETURNING id, created_at, revision"
)

SHOWN = (
    "s.id, s.instrument_id, i.symbol, s.bar_minutes, s.time, s.direction, s.strength, s.score, s.agreement,"
    " s.confidence, s.price, s.entry, s.stop, s.target, s.horizon_bars, s.valid_until, s.rationale, s.producer,"
    " s.created_at, s.votes, s.measures, s.base_rate, s.cases, s.fit, s.is_cancelled,"
    " s.time < series.last_time OR series.is_retired AS is_superseded"
)
"""What `signal_of` reads of a row of `FROM_SIGNALS`."""

FROM_SIGNALS = (
    "signals AS s JOIN signal_series AS series ON (series.instrument_id, series.bar_minutes, series.producer)"
    " = (s.instrument_id, s.bar_minutes, s.producer) JOIN instruments AS i ON i.id = s.instrument_id"
)

STANDING = "s.time = series.last_time AND NOT s.is_cancelled AND NOT series.is_retired"
"""The condition on a row of `FROM_SIGNALS` that it is the newest of its series, and nothing was said against it."""


async def store_signals(pool: asyncpg.Pool, drafts: Sequence[SignalDraft]) -> tuple[Written, frozenset[str]]:
    """
    Stores signals, in one transaction, and tells of those that are new or different in the order given.

    What is stored is named by its digest, so no two drafts may have the same one. A key that its producer has given
    to a signal of another bar is refused: the digests of those are returned too.
    """
    if not drafts:
        return Written(), frozenset()
    await ensure_partitions(pool, {_moment(one.time).year for one in drafts}, of="signals")
    async with connection(pool) as one, one.transaction():
        refused = await _refused(one, drafts)
        taken = {draft.digest: draft for draft in drafts if draft.digest not in refused}
        if not taken:
            return Written(), refused
        newest = await _move_series(one, taken.values())
        rows = await one.fetch(_STORE, *zip(*(_values(draft) for draft in taken.values()), strict=True))
        stored = {row["id"].hex: row for row in rows}
        changed = [
            _changed(draft, stored[digest], newest[_series_of(draft)])
            for digest, draft in taken.items()
            if digest in stored
        ]
        return await told(one, signals=changed), refused


async def _refused(one: "Connection", drafts: Iterable[SignalDraft]) -> frozenset[str]:
    """The digests of drafts whose key names a signal of another bar or series."""
    keyed = {draft.digest: draft for draft in drafts if draft.key is not None}
    if not keyed:
        return frozenset()
    # The table's partitions cannot agree that a key is there once, so a producer's writers do, one after the other.
    for producer in sorted({draft.producer for draft in keyed.values()}):
        await one.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK, producer)
    rows = await one.fetch(
        "SELECT id, time, instrument_id, bar_minutes FROM signals WHERE key IS NOT NULL AND id = ANY($1::uuid[])",
        [UUID(digest) for digest in keyed],
    )
    return frozenset(
        row["id"].hex
        for row in rows
        if (row["time"], row["instrument_id"], row["bar_minutes"])
        != (
            _moment(keyed[row["id"].hex].time),
            keyed[row["id"].hex].instrument_id,
            keyed[row["id"].hex].interval.value,
        )
    )


def _series_of(draft: SignalDraft) -> tuple[int, int, str]:
    return draft.instrument_id, draft.interval.value, draft.producer


async def _move_series(one: "Connection", drafts: Iterable[SignalDraft]) -> dict[tuple[int, int, str], datetime]:
    """The newest bar of each series of the drafts, these included; other writers of the series wait from now on."""
    newest: dict[tuple[int, int, str], int] = {}
    for draft in drafts:
        series = _series_of(draft)
        newest[series] = max(draft.time, newest.get(series, draft.time))
    # All writers lock series in one order, and so never wait in a circle.
    ordered = sorted(newest)
    rows = await one.fetch(
        "INSERT INTO signal_series SELECT * FROM unnest($1::int[], $2::smallint[], $3::text[], $4::timestamptz[])"
        " ON CONFLICT (instrument_id, bar_minutes, producer)"
        " DO UPDATE SET last_time = greatest(signal_series.last_time, excluded.last_time)"
        " RETURNING instrument_id, bar_minutes, producer, last_time",
        [series[0] for series in ordered],
        [series[1] for series in ordered],
        [series[2] for series in ordered],
        [_moment(newest[series]) for series in ordered],
    )
    return {(row["instrument_id"], row["bar_minutes"], row["producer"]): row["last_time"] for row in rows}


def _values(draft: SignalDraft) -> tuple[Any, ...]:
    return (
        UUID(draft.digest),
        _moment(draft.time),
        *_series_of(draft),
        draft.key,
        draft.valid_until,
        draft.score,
        draft.agreement,
        draft.confidence,
        draft.price,
        draft.entry,
        draft.stop,
        draft.target,
        draft.horizon_bars,
        draft.is_cancelled,
        draft.direction.value,
        draft.strength.value,
        draft.rationale,
        draft.votes,
        draft.input_hash,
        *((None, None, None) if draft.basis is None else (draft.basis.base_rate, draft.basis.cases, draft.basis.fit)),
        draft.measures,
    )


def _changed(draft: SignalDraft, row: asyncpg.Record, newest: datetime) -> ChangedSignal:
    signal = Signal(
        digest=draft.digest,
        instrument_id=draft.instrument_id,
        symbol=draft.symbol,
        interval=draft.interval,
        time=draft.time,
        direction=draft.direction,
        strength=draft.strength,
        score=draft.score,
        agreement=draft.agreement,
        confidence=draft.confidence,
        basis=draft.basis,
        price=draft.price,
        entry=draft.entry,
        stop=draft.stop,
        target=draft.target,
        horizon_bars=draft.horizon_bars,
        valid_until=draft.valid_until,
        rationale=draft.rationale,
        votes=draft.votes,
        measures=draft.measures,
        producer=draft.producer,
        created_at=row["created_at"],
        is_cancelled=draft.is_cancelled,
        is_superseded=_moment(draft.time) < newest,
    )
    return ChangedSignal(signal=signal, revision=row["revision"], is_streamed=draft.is_streamed)


async def signals_at_number(
    pool: Pool, now: float, instrument_ids: Sequence[int] | None = None
) -> tuple[int, list[Signal]]:
    """
    The number of the newest event of signals, and the active signals of that moment, in the order of their making.

    Args:
        now: When they are active, in unix seconds.
        instrument_ids: Of which instruments; None for all.
    """
    async with snapshot(pool) as one:
        number = (await newest_numbers(one)).get(EventKind.SIGNALS, 0)
        rows = await one.fetch(
            f"SELECT {SHOWN} FROM {FROM_SIGNALS} WHERE {STANDING}"  # noqa: S608
            " AND (s.valid_until IS NULL OR s.valid_until > $1) AND ($2::int[] IS NULL OR s.instrument_id = ANY($2))"
            " ORDER BY s.created_at, s.time, s.id",
            datetime.fromtimestamp(now, UTC),
            instrument_ids,
        )
    return number, [signal_of(row) for row in rows]


def signal_of(row: asyncpg.Record) -> Signal:
    """The signal of a row with what `SHOWN` names."""
    return Signal(
        digest=row["id"].hex,
        instrument_id=row["instrument_id"],
        symbol=row["symbol"],
        interval=Interval(row["bar_minutes"]),
        time=int(row["time"].timestamp()),
        direction=Direction(row["direction"]),
        strength=Strength(row["strength"]),
        score=row["score"],
        agreement=row["agreement"],
        confidence=row["confidence"],
        basis=_basis(row),
        price=row["price"],
        entry=row["entry"],
        stop=row["stop"],
        target=row["target"],
        horizon_bars=row["horizon_bars"],
        valid_until=row["valid_until"],
        rationale=row["rationale"],
        votes=row["votes"],
        measures=row["measures"],
        producer=row["producer"],
        created_at=row["created_at"],
        is_cancelled=row["is_cancelled"],
        is_superseded=row["is_superseded"],
    )


def _basis(row: asyncpg.Record) -> ConfidenceBasis | None:
    if row["fit"] is None:
        return None
    return ConfidenceBasis(fit=row["fit"], base_rate=row["base_rate"], cases=row["cases"])


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
