"""What the settings say is what is held."""

import redis.asyncio as redis

from gateway.config import ServerUrls, Settings
from gateway.holding import tiers_of
from gateway.lifespan import Held, opened
from resolvers.storage.revisions import origin_of


async def test_lives_and_bounds_are_the_settings(urls: ServerUrls) -> None:
    """Each its own."""
    settings = Settings(
        quote_cache_seconds=1.0,
        candle_cache_seconds=2.0,
        signal_cache_seconds=4.0,
        instrument_cache_seconds=3.0,
        absent_cache_seconds=0.5,
        window_cache_bytes=4000,
    )
    client = redis.Redis.from_url(urls.redis)
    nouns = tiers_of(settings, client, "origin").nouns
    await client.aclose()
    assert [one.life_seconds for one in (nouns.quote, nouns.body, nouns.instrument, nouns.signal)] == [
        1.0,
        2.0,
        3.0,
        4.0,
    ]
    assert nouns.quote.absent_seconds == 0.5
    assert nouns.body.size_bytes + nouns.window.size_bytes == 4000


async def test_a_process_holds_values_of_its_own_database(urls: ServerUrls) -> None:
    """Under its id, in the Redis of the settings."""
    async with opened(Settings(), urls, Held.of(Settings(), urls)) as state:
        services = state["services"]
        assert services.tiers.origin == await origin_of(services.pool)
        assert services.tiers.redis is not None
        assert await services.tiers.redis.get(["nothing"]) in ([None], None)
