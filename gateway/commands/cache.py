"""``gateway cache``: what running gateways hold and have counted, and that they read something anew."""

import argparse
import sys

from gateway import signals
from gateway.commands.cache_tables import process_tables, redis_table
from gateway.commands.running import DONE, CommandError, opened_pool, prepare, servers
from gateway.config import ServerUrls, Settings
from gateway.following import telling
from resolvers.cache.client import open_client
from resolvers.cache.redis_sizes import redis_sizes
from resolvers.cache.redis_tier import RedisTier
from resolvers.cache.reports import Reports
from resolvers.errors import NotFound
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of

# A person waits for it, not a request.
_PATIENCE_SECONDS = 5.0


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Runs one action on the caches."""
    with servers(settings, serving=False, redis=True) as urls:
        signals.run(_stats(settings, urls) if chosen.action == "stats" else _purged(chosen.subject, settings, urls))
    return DONE


async def _purged(subject: str, settings: Settings, urls: ServerUrls) -> None:
    """
    Raises the revisions of *subject*, whose event tells every process.

    Raises:
        CommandError: If that is no subject.
        NotFound: If nothing is stored of it.
    """
    await prepare(settings, urls)
    kind, _, name = subject.partition(":")
    async with opened_pool(settings, urls) as pool, telling(urls, pool) as ingest:
        match kind, name.strip().upper():
            case "all", "":
                await ingest.purged_all()
                sys.stdout.write("all: the database has a new id, nothing that is held of it is used any more\n")
                return
            case "instruments", "":
                written = await ingest.purged_instruments()
            case "quote", symbol if symbol:
                written = await ingest.purged_quote(await _instrument(pool, symbol))
            case "signals", symbol:
                written = await ingest.purged_signals(await _instrument(pool, symbol) if symbol else None)
            case "candles", symbol if symbol:
                # A symbol may hold a colon itself.
                before, _, last = symbol.rpartition(":")
                interval = Interval.__members__.get(last) if before else None
                one = await _instrument(pool, symbol if interval is None else before)
                written = await ingest.purged_candles(one, interval)
            case _:
                raise CommandError(
                    "SUBJECT is candles:SYMBOL:INTERVAL, candles:SYMBOL, quote:SYMBOL, signals:SYMBOL, signals,"
                    f" instruments or all, was {subject!r}"
                )
    sys.stdout.writelines(f"{one}: revision {revision}\n" for one, revision in written.revisions.items())


async def _instrument(pool: Pool, symbol: str) -> Instrument:
    found = (await instruments_by_name(pool, [symbol])).get(symbol)
    if found is None:
        raise NotFound(f"no instrument {symbol}")
    return found


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
