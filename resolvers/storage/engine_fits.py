"""What became of earlier scores and votes, counted once for everybody: a row for each market and engine's version."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolvers.compute.calibration import ScoreRecord
from resolvers.compute.track_record import TrackRecord
from resolvers.model.market import Market
from resolvers.storage.record_format import score_bytes, score_record, track_bytes, track_record

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

_LOCK = 0x5_16A7


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EngineFit:
    """
    Counts of all months before one.

    Attributes:
        month: The first one that is not counted, from January 1970.
        instrument_ids: Whose scores and votes are counted, in order.
    """

    month: int
    instrument_ids: tuple[int, ...]
    scores: ScoreRecord
    track: TrackRecord


async def lock_fit(one: "Connection", version: str, market: Market) -> None:
    """Waits until nobody else counts for this version and market; the others wait until the transaction ends."""
    await one.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK, f"{version} {market.name}", timeout=600)


async def read_fit(one: "Connection", version: str, market: Market) -> EngineFit | None:
    """
    What is counted; None where nobody has.

    Raises:
        ValueError: If it was stored by a program that stores it otherwise.
    """
    row = await one.fetchrow(
        "SELECT month, instrument_ids, scores, votes FROM engine_fits"
        " WHERE (version, bar_minutes, is_simulated) = ($1, $2, $3)",
        version,
        *market,
    )
    if row is None:
        return None
    return EngineFit(
        month=row["month"],
        instrument_ids=tuple(row["instrument_ids"]),
        scores=score_record(row["scores"]),
        # Millions of bytes once they are decompressed.
        track=await asyncio.to_thread(track_record, row["votes"]),
    )


async def store_fit(one: "Connection", version: str, market: Market, fit: EngineFit) -> None:
    """Stores what is counted in the place of what was."""
    await one.execute(
        "INSERT INTO engine_fits (version, bar_minutes, is_simulated, month, instrument_ids, scores, votes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (version, bar_minutes, is_simulated) DO UPDATE"
        " SET (month, instrument_ids, scores, votes)"
        " = (excluded.month, excluded.instrument_ids, excluded.scores, excluded.votes)",
        version,
        *market,
        fit.month,
        list(fit.instrument_ids),
        score_bytes(fit.scores),
        await asyncio.to_thread(track_bytes, fit.track),
    )
