"""Instruments and the names under which they are found."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from resolvers.errors import Conflict
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.model.stored_text import is_storable
from resolvers.model.versioned import Versioned
from resolvers.storage.pool import connection
from resolvers.storage.written import Written, told

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOCK = 0x5_16A4

INSTRUMENT_SHOWN = (
    "i.id, i.symbol, i.name, i.asset_class, i.exchange, i.currency, i.timezone, i.roll_minutes, i.tick_size,"
    " i.is_active, i.is_simulated,"
    " ARRAY(SELECT n.name FROM instrument_names AS n WHERE n.instrument_id = i.id AND n.name <> i.symbol"
    "  ORDER BY n.name) AS aliases"
)
"""What `instrument_of` reads of a row of `instruments AS i`."""


async def instruments_by_name(pool: asyncpg.Pool, names: Sequence[str]) -> dict[str, Instrument]:
    """Instruments by symbol or alias; names that nobody has are absent."""
    return (await read_instruments_by_name(pool, names)).value


async def read_instruments_by_name(pool: asyncpg.Pool, names: Sequence[str]) -> Versioned[dict[str, Instrument]]:
    """As `instruments_by_name`, with the revision of the instruments."""
    async with connection(pool) as one:
        return await _read_names(one, names)


async def _found(one: "Connection", names: Sequence[str]) -> dict[str, Instrument]:
    return (await _read_names(one, names)).value


async def _read_names(one: "Connection", names: Sequence[str]) -> Versioned[dict[str, Instrument]]:
    rows = await one.fetch(
        _at_revision(
            f"SELECT asked.name AS asked, {INSTRUMENT_SHOWN} FROM instrument_names AS asked"  # noqa: S608
            " JOIN instruments AS i ON i.id = asked.instrument_id WHERE asked.name = ANY($1::text[])"
        ),
        [name for name in names if is_storable(name)],
    )
    return Versioned({row["asked"]: instrument_of(row) for row in _present_rows(rows)}, rows[0]["revision"])


def _at_revision(query: str) -> str:
    """
    *query* with the revision of the instruments in every row, and one row without anything else if it finds nothing.

    One statement sees one snapshot, so a change that is committed meanwhile is either in both or in neither.
    """
    return (
        f"SELECT c.revision, found.* FROM collections AS c LEFT JOIN (SELECT true AS is_there, q.* FROM ({query}) AS q)"  # noqa: S608
        " AS found ON true WHERE c.name = 'instruments'"
    )


def _present_rows(rows: Iterable[asyncpg.Record]) -> list[asyncpg.Record]:
    return [row for row in rows if row["is_there"]]


async def instruments_by_id(pool: asyncpg.Pool, ids: Sequence[int]) -> dict[int, Instrument]:
    """Instruments by id; unknown ids are absent."""
    async with connection(pool) as one:
        return await _of_ids(one, ids)


async def _of_ids(one: "Connection", ids: Sequence[int]) -> dict[int, Instrument]:
    rows = await one.fetch(f"SELECT {INSTRUMENT_SHOWN} FROM instruments AS i WHERE i.id = ANY($1::int[])", ids)  # noqa: S608
    return {row["id"]: instrument_of(row) for row in rows}


async def instrument_page(pool: asyncpg.Pool, page: InstrumentPage) -> list[Instrument]:
    """The page's instruments, by symbol; one more than asked for where there are more."""
    return (await read_instrument_page(pool, page)).value


async def read_instrument_page(pool: asyncpg.Pool, page: InstrumentPage) -> Versioned[list[Instrument]]:
    """As `instrument_page`, with the revision of the instruments."""
    where, values = _conditions(page)
    if page.after is not None:
        values.append(page.after)
        where += f" AND i.symbol > ${len(values)}"
    query = f"SELECT {INSTRUMENT_SHOWN} FROM instruments AS i WHERE {where} ORDER BY i.symbol LIMIT {page.first + 1:d}"  # noqa: S608
    async with connection(pool) as one:
        rows = await one.fetch(_at_revision(query) + " ORDER BY found.symbol", *values)
    return Versioned([instrument_of(row) for row in _present_rows(rows)], rows[0]["revision"])


async def instrument_count(pool: asyncpg.Pool, page: InstrumentPage) -> int:
    """How many instruments match, on all pages together."""
    return (await read_instrument_count(pool, page)).value


async def read_instrument_count(pool: asyncpg.Pool, page: InstrumentPage) -> Versioned[int]:
    """As `instrument_count`, with the revision of the instruments."""
    where, values = _conditions(page)
    query = f"SELECT count(*) AS matching FROM instruments AS i WHERE {where}"  # noqa: S608
    async with connection(pool) as one:
        (row,) = await one.fetch(_at_revision(query), *values)
    return Versioned(row["matching"], row["revision"])


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
    found = await _found(one, [spec.symbol for spec in specs])
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
        before = await _of_ids(one, [instrument.id])
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
        after = await _of_ids(one, [instrument.id])
        written = await told(one, instruments=[] if after == before else list(after.values()))
    return after[instrument.id], written


async def stored_intervals(pool: asyncpg.Pool, instrument_ids: Sequence[int]) -> dict[int, list[Interval]]:
    """The intervals of which bars are stored, shortest first, by instrument."""
    return (await read_intervals(pool, instrument_ids)).value


async def read_intervals(pool: asyncpg.Pool, instrument_ids: Sequence[int]) -> Versioned[dict[int, list[Interval]]]:
    """As `stored_intervals`, with the revision of the instruments, which new series move as well."""
    async with connection(pool) as one:
        rows = await one.fetch(
            _at_revision(
                "SELECT instrument_id, array_agg(bar_minutes ORDER BY bar_minutes) AS minutes FROM series"
                " WHERE instrument_id = ANY($1::int[]) AND last_time IS NOT NULL GROUP BY instrument_id"
            ),
            instrument_ids,
        )
    found = {row["instrument_id"]: [Interval(minutes) for minutes in row["minutes"]] for row in _present_rows(rows)}
    return Versioned(found, rows[0]["revision"])


async def session_calendars(one: "Connection", instrument_ids: Sequence[int]) -> dict[int, SessionCalendar]:
    """The calendars of instruments, as the transaction of *one* sees them now."""
    rows = await one.fetch(
        "SELECT id, timezone, roll_minutes FROM instruments WHERE id = ANY($1::int[])", instrument_ids
    )
    return {row["id"]: _calendar(row) for row in rows}


async def _lock_names(one: "Connection") -> None:
    """
    Lets one transaction at a time give out names.

    Two that each want the other's would wait in a circle: ``BRK.B`` with the alias ``BRK-B``, and the other way round.
    """
    await one.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


def _conditions(page: InstrumentPage) -> tuple[str, list[Any]]:
    where = ["true"]
    values: list[Any] = []
    for column, value in (
        ("currency", page.currency),
        ("exchange", page.exchange),
        ("is_active", page.is_active),
        ("is_simulated", page.is_simulated),
    ):
        if value is not None:
            values.append(value)
            where.append(f"i.{column} = ${len(values)}")
    if page.asset_classes is not None:
        values.append([asset_class.value for asset_class in page.asset_classes])
        where.append(f"i.asset_class = ANY(${len(values)}::text[])")
    if page.search:
        values.append(f"%{page.search.translate({ord(c): chr(92) + c for c in '%_' + chr(92)})}%")
        where.append(
            f"(i.name ILIKE ${len(values)} OR EXISTS (SELECT FROM instrument_names AS n"
            f" WHERE n.instrument_id = i.id AND n.name ILIKE ${len(values)}))"
        )
    return " AND ".join(where), values


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


def instrument_of(row: asyncpg.Record) -> Instrument:
    return Instrument(
        id=row["id"],
        spec=InstrumentSpec(
            symbol=row["symbol"],
            name=row["name"],
            asset_class=AssetClass(row["asset_class"]),
            exchange=row["exchange"],
            currency=row["currency"],
            sessions=_calendar(row),
            tick_size=row["tick_size"],
            is_active=row["is_active"],
            is_simulated=row["is_simulated"],
            aliases=tuple(row["aliases"]),
        ),
    )


def _calendar(row: asyncpg.Record) -> SessionCalendar:
    return SessionCalendar(timezone=row["timezone"], roll_minutes=row["roll_minutes"])
