"""What is stored of all instruments that are traded, and how much each of them is."""

from typing import Final

from resolvers.compute.opportunities import LIQUIDITY_DAYS, Traded
from resolvers.model.interval import Interval
from resolvers.model.versioned import Versioned
from resolvers.storage.instruments import INSTRUMENT_SHOWN, instrument_of
from resolvers.storage.pool import Pool, connection

_TRADED: Final = f"""
    SELECT c.revision, {INSTRUMENT_SHOWN}, turnover.median, turnover.days
    FROM collections AS c LEFT JOIN instruments AS i ON i.is_active LEFT JOIN LATERAL (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY close * volume) AS median, count(volume) AS days
        FROM (
            SELECT close, volume FROM candles WHERE instrument_id = i.id AND bar_minutes = {Interval.D1.value:d}
            ORDER BY time DESC LIMIT {LIQUIDITY_DAYS:d}
        ) AS last
    ) AS turnover ON true
    WHERE c.name = 'instruments'
"""  # noqa: S608


async def read_traded(pool: Pool) -> Versioned[list[Traded]]:
    """
    All instruments that are traded, with the median turnover of their last days, and the revision of the instruments.

    A day that is not over counts with what it has so far, which a median of so many hardly shows; one without a volume
    counts as none.
    """
    async with connection(pool) as one:
        rows = await one.fetch(_TRADED)
    traded = [
        Traded(instrument=instrument_of(row), turnover=row["median"], days=row["days"])
        for row in rows
        if row["id"] is not None
    ]
    return Versioned(traded, rows[0]["revision"])
