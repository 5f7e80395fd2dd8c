"""Series whose price does not move: agents say nothing, or the same, and that is stored too."""

import numpy as np
import pytest

from resolvers.model.bars import Bars
from resolvers.storage.pool import Pool
from tests.resolvers.engine.market import DAY, MONDAY, StoredMarket


@pytest.mark.parametrize("volume", [0.0, 1_000.0, np.nan])
async def test_a_price_that_stands_still_has_signals(pool: Pool, volume: float) -> None:
    """Where all who have a vote say neither, their shares add up to one and a little more in floating point."""
    market = StoredMarket(pool)
    price = np.full(320, 5.0)
    time = MONDAY + DAY * np.arange(320)
    still = Bars(time=time, open=price, high=price, low=price, close=price, volume=np.full(320, volume))
    await market.add("STILL", still)
    engine = await market.computed()
    assert engine.failing == 0
    assert await market.stored() == market.expected()
    assert len(market.expected()) == 320
