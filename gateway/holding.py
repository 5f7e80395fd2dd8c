"""What the process holds of stored values, as the settings have it."""

from gateway.config import Settings
from resolvers.cache.client import Client
from resolvers.cache.lease import Leases
from resolvers.cache.nouns import Lives, Nouns
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.tiers import Tiers


def tiers_of(settings: Settings, client: Client, origin: str) -> Tiers:
    """Tiers for values of the database *origin*, the second one behind *client*."""
    lives = Lives(
        instruments=settings.instrument_cache_seconds,
        quotes=settings.quote_cache_seconds,
        candles=settings.candle_cache_seconds,
        signals=settings.signal_cache_seconds,
        absent=settings.absent_cache_seconds,
    )
    redis = RedisTier(client, budget_seconds=settings.redis_budget_seconds)
    nouns = Nouns(lives, window_bytes=settings.window_cache_bytes)
    return Tiers(nouns=nouns, origin=origin, redis=redis, leases=Leases(redis))
