"""Fits for tests, stored as the engine stores them."""

import numpy as np

from resolvers.compute.calibration import ScoreRecord
from resolvers.compute.monthly_counts import MonthlyCounts
from resolvers.compute.track_record import TrackRecord
from resolvers.model.market import Market
from resolvers.storage.engine_fits import EngineFit, store_fit
from resolvers.storage.pool import Pool


async def store_track(pool: Pool, version: str, market: Market, track: TrackRecord) -> None:
    """Stores what became of votes, beside scores of which nothing is known."""
    nothing = MonthlyCounts(first=0, counts=np.zeros((0, 3), np.int64))
    scores = ScoreRecord(
        horizon=track.horizon, market=nothing, scores=MonthlyCounts(first=0, counts=np.zeros((0, 2, 8), np.int64))
    )
    month = track.market.first + len(track.market.counts)
    fit = EngineFit(month=month, instrument_ids=(1,), scores=scores, track=track)
    async with pool.acquire() as one:
        await store_fit(one, version, market, fit)
