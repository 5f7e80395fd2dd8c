"""``gateway cache``: what running gateways hold and have counted."""

import argparse
import sys

from gateway import signals
from gateway.commands.cache_tables import process_tables, redis_table
from gateway.commands.running import DONE, CommandError, opened_pool, prepare, servers
from gateway.config import ServerUrls, Settings
from resolvers.cache.client import open_client
from resolvers.cache.redis_sizes import redis_sizes
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.reports import Reports
from resolvers.storage.revisions import origin_of

# A person waits for it, not a request.
_PATIENCE_SECONDS = 5.0


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Runs one action on the caches."""
    with servers(settings, serving=False, redis=True) as urls:
        signals.run(_stats(settings, urls))
    return DONE


async def _stats(settings: Settings, urls: ServerUrls) -> None:
    await prepare(settings, urls)
    async with opened_pool(settings, urls) as pool:
        origin = await origin_of(pool)
    client = open_client(urls.redis)
    redis = RedisTier(client, budget_seconds=_PATIENCE_SECONDS)
    try:
        processes = await Reports(redis, origin, life_seconds=1).all()
        sizes = await redis_sizes(redis, origin)
    finally:
        await client.aclose()
    if processes is None or sizes is None:
        raise CommandError("Redis cannot be reached, where processes leave their counters")
    sys.stdout.writelines(f"{line}\n" for line in [*process_tables(processes), *redis_table(*sizes)])
