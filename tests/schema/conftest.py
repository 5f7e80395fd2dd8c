"""A market that tests only read, behind a gateway whose statements are counted at the server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

from gateway.config import ServerUrls
from resolvers.model.bars import Bars
from resolvers.model.instrument import AssetClass
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.storage.pool import open_pool
from tests.bars import instrument, spaced, store
from tests.servers import COLD, RunningGateway, Servers, fresh_database
from tests.statements import StatementLog

FX_DAY = SessionCalendar(timezone="America/New_York", roll_minutes=420)


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """
    What a running gateway has stored.

    Attributes:
        days: D1 bars of ACME, which is also found as ACM-E.
        hours: H1 bars of EUR/USD, whose day rolls at 17:00 in New York.
        minutes: M1 bars of BTCUSDT over the end of a month, every third without a volume.
        statements: What the database executes.
    """

    gateway: RunningGateway
    days: Bars
    hours: Bars
    minutes: Bars
    statements: StatementLog


@pytest.fixture(scope="session")
async def market(servers: Servers, template: str) -> AsyncIterator[Market]:
    """Three instruments with bars, and NONE without; nobody changes it."""
    minutes = spaced(4000, Interval.M1, start=1_706_600_000, seed=3)
    volume = np.where(np.arange(4000) % 3, minutes.volume, np.nan)
    minutes = Bars(
        time=minutes.time, open=minutes.open, high=minutes.high, low=minutes.low, close=minutes.close, volume=volume
    )
    days, hours = spaced(600, Interval.D1), spaced(700, Interval.H1, seed=2)
    async with fresh_database(template, "market") as url:
        pool = await open_pool(url, size=2)
        fx, crypto = AssetClass.FX, AssetClass.CRYPTO
        acme = await instrument(pool, "ACME", aliases=("ACM-E",), name="Acme & Sons", exchange="XNAS", tick_size=0.01)
        pair = await instrument(pool, "EUR/USD", aliases=("EURUSD",), asset_class=fx, sessions=FX_DAY)
        coin = await instrument(pool, "BTCUSDT", asset_class=crypto, currency="USDT")
        await instrument(pool, "NONE", is_active=False)
        await store(pool, acme, Interval.D1, days)
        await store(pool, pair, Interval.H1, hours)
        await store(pool, coin, Interval.M1, minutes)
        await pool.close()
        statements = StatementLog(servers.log, url)
        await statements.start()
        async with RunningGateway(COLD, ServerUrls(database=url, redis=servers.urls.redis)) as gateway:
            yield Market(gateway=gateway, days=days, hours=hours, minutes=minutes, statements=statements)
