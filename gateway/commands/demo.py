"""``gateway demo``: serves a simulated market, or a file of the user's."""

import argparse
import time

from gateway import signals
from gateway.commands.import_ import import_file
from gateway.commands.running import opened_pool, servers
from gateway.config import ServerUrls, Settings
from gateway.engine import engine_feed
from gateway.feeds.simulated_live import SimulatedFeed
from gateway.feeds.simulated_store import store_simulated_market
from gateway.following import telling
from gateway.lifespan import Feed
from gateway.observe.logs import configure_logs
from gateway.server import serve
from resolvers.model.instrument import Source
from resolvers.storage.migrate import migrate
from resolvers.storage.series import holds_bars_from


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Makes what is missing, then serves until a signal asks to stop."""
    configure_logs(settings.log_level)
    with servers(settings, serving=True) as urls:
        is_simulated = signals.run(_fill(chosen, settings, urls))
        note = " (a simulated market: every price is made up)" if is_simulated else ""
        if chosen.data and is_simulated:
            note = " (your file, and a simulated market that was stored here before: its prices are made up)"
        feeds = [_ticking(settings, urls)] if is_simulated else []
        if settings.engine != "off":
            feeds.append(engine_feed(settings, urls))
        return serve(settings, urls, begun=chosen.begun, note=note, feeds=feeds)


def _ticking(settings: Settings, urls: ServerUrls) -> Feed:
    """What lets the simulated market go on."""
    rate = settings.simulated_writes_per_second
    return lambda pool, ingest: SimulatedFeed(urls.database, pool, ingest, writes_per_second=rate).run()


async def _fill(chosen: argparse.Namespace, settings: Settings, urls: ServerUrls) -> bool:
    """Stores what is to be served; whether any of it is simulated."""
    await migrate(urls.database)
    async with opened_pool(settings, urls) as pool, telling(urls, pool) as ingest:
        if chosen.data:
            await import_file(pool, chosen.data, chosen, ingest)
        else:
            await store_simulated_market(pool, now=int(time.time()), ingest=ingest)
        return await holds_bars_from(pool, Source.SIMULATED)
