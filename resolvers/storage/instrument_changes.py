"""Changes of instruments, and of the names under which they are found."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from resolvers.errors import Conflict
from resolvers.model.instrument import Instrument, InstrumentSpec
from resolvers.storage.instruments import found_by_id, found_by_name
from resolvers.storage.pool import connection
from resolvers.storage.written import Written, told

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOCK = 0x5_16A4


async def create_instruments(pool: asyncpg.Pool, specs: Sequence[InstrumentSpec]) -> dict[str, Instrument]:
    """
    Creates an instrument for each symbol under which none is found yet, and returns by symbol what is found now.

    That may be an instrument which has the symbol as an alias. Aliases that another one has are left to it.
    """
    found, _ = await written_instruments(pool, specs)
    return found


async def written_instruments(
    pool: asyncpg.Pool, specs: Sequence[InstrumentSpec]
) -> tuple[dict[str, Instrument], Written]:
    """As `create_instruments`, with what that has changed."""
    if not specs:
        return {}, Written()
    async with connection(pool) as one, one.transaction():
        found, new = await created(one, specs)
        return found, await told(one, instruments=new)


async def created(one: "Connection", specs: Sequence[InstrumentSpec]) -> tuple[dict[str, Instrument], list[Instrument]]:
    """
    As `create_instruments`, in the transaction of *one*, and which of them are new.

    Others give out no names until it ends.
    """
    specs = sorted(specs, key=lambda spec: spec.symbol)
    await _lock_names(one)
    rows = await one.fetch(
        "INSERT INTO instruments (symbol, name, asset_class, exchange, currency, timezone, roll_minutes,"
        " tick_size, is_active, is_simulated) SELECT * FROM unnest($1::text[], $2::text[], $3::text[],"
        " $4::text[], $5::text[], $6::text[], $7::smallint[], $8::float8[], $9::bool[], $10::bool[])"
        "  AS spec (symbol) WHERE NOT EXISTS (SELECT FROM instrument_names WHERE name = spec.symbol)"
        " ON CONFLICT DO NOTHING RETURNING id, symbol",
        *zip(*(_values(spec) for spec in specs), strict=True),
    )
    ids = {row["symbol"]: row["id"] for row in rows}
    new = [spec for spec in specs if spec.symbol in ids]
    for names in (
        [(spec.symbol, spec.symbol) for spec in new],
        [(a, spec.symbol) for spec in new for a in spec.aliases],
    ):
        await one.execute(
            "INSERT INTO instrument_names (name, instrument_id) SELECT * FROM unnest($1::text[], $2::int[])"
            " ON CONFLICT DO NOTHING",
            [name for name, _ in names],
            [ids[symbol] for _, symbol in names],
        )
    found = await found_by_name(one, [spec.symbol for spec in specs])
    return found, [found[symbol] for symbol in ids]


async def update_instrument(
    pool: asyncpg.Pool, instrument: Instrument, changes: Mapping[str, Any], aliases: Iterable[str] | None
) -> Instrument:
    """
    Changes columns of one instrument, and replaces its aliases unless *aliases* is None.

    Raises:
        Conflict: If another instrument has one of the aliases.
    """
    changed, _ = await written_update(pool, instrument, changes, aliases)
    return changed


async def written_update(
    pool: asyncpg.Pool, instrument: Instrument, changes: Mapping[str, Any], aliases: Iterable[str] | None
) -> tuple[Instrument, Written]:
    """As `update_instrument`, with what that has changed."""
    async with connection(pool) as one, one.transaction():
        await one.execute("SELECT FROM instruments WHERE id = $1 FOR NO KEY UPDATE", instrument.id)
        before = await found_by_id(one, [instrument.id])
        for column, value in changes.items():
            await one.execute(f"UPDATE instruments SET {column} = $2 WHERE id = $1", instrument.id, value)  # noqa: S608
        if aliases is not None:
            await _lock_names(one)
            await one.execute(
                "DELETE FROM instrument_names WHERE instrument_id = $1 AND name <> $2", instrument.id, instrument.symbol
            )
            for alias in sorted(set(aliases) - {instrument.symbol}):
                try:
                    await one.execute("INSERT INTO instrument_names VALUES ($1, $2)", alias, instrument.id)
                except asyncpg.UniqueViolationError:
                    raise Conflict(f"another instrument is already found as {alias}") from None
        after = await found_by_id(one, [instrument.id])
        written = await told(one, instruments=[] if after == before else list(after.values()))
    return after[instrument.id], written


async def _lock_names(one: "Connection") -> None:
    """
    Lets one transaction at a time give out names.

    Two that each want the other's would wait in a circle: ``BRK.B`` with the alias ``BRK-B``, and the other way round.
    """
    await one.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


def _values(spec: InstrumentSpec) -> tuple[Any, ...]:
    return (
        spec.symbol,
        spec.name,
        spec.asset_class.value,
        spec.exchange,
        spec.currency,
        spec.sessions.timezone,
        spec.sessions.roll_minutes,
        spec.tick_size,
        spec.is_active,
        spec.is_simulated,
    )
