"""Instruments and the names under which they are found."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.model.stored_text import is_storable
from resolvers.model.versioned import Versioned
from resolvers.storage.pool import connection

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

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


async def found_by_name(one: "Connection", names: Sequence[str]) -> dict[str, Instrument]:
    """As `instruments_by_name`, as the transaction of *one* sees them now."""
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
        return await found_by_id(one, ids)


async def found_by_id(one: "Connection", ids: Sequence[int]) -> dict[int, Instrument]:
    """As `instruments_by_id`, as the transaction of *one* sees them now."""
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


def instrument_of(row: asyncpg.Record) -> Instrument:
    """The instrument of a row of `INSTRUMENT_SHOWN`."""
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
