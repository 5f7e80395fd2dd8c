"""An instrument whose events can be heard."""

import pytest

from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store


@pytest.fixture
async def acme(pool: Pool) -> Instrument:
    """An instrument whose first bar is stored, so that what follows is an event of candles and one of quotes."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.W1, spaced(1, Interval.W1))
    return acme
