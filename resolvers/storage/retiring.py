"""Engines of other versions: their signals stay to be read, and none of them stands any more."""

from resolvers.model.computed_signals import PRODUCERS, producer_of
from resolvers.storage.pool import Pool, connection
from resolvers.storage.written import Written, told


async def retire_others(pool: Pool, version: str) -> Written:
    """
    Says that of all engines' signals those of *version* alone may stand, and tells of it where that is new.

    Other agents, another horizon or other rules are another version, and there should not be two opinions of one bar.
    Of two that run at once, the one that began last counts.
    """
    async with connection(pool) as one, one.transaction():
        rows = await one.fetch(
            # All writers lock series in one order, and so never wait in a circle.
            "WITH turned AS (SELECT instrument_id, bar_minutes, producer FROM signal_series"
            "  WHERE starts_with(producer, $1) AND is_retired = (producer = $2)"
            "  ORDER BY instrument_id, bar_minutes, producer FOR UPDATE)"
            " UPDATE signal_series AS s SET is_retired = NOT is_retired FROM turned"
            " WHERE (s.instrument_id, s.bar_minutes, s.producer)"
            "  = (turned.instrument_id, turned.bar_minutes, turned.producer)"
            " RETURNING s.instrument_id",
            PRODUCERS,
            producer_of(version),
        )
        return await told(one, quiet_signals=len(rows), quiet_instruments={row["instrument_id"] for row in rows})
