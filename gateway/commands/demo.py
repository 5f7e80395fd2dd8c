"""``gateway demo``: serves a simulated market, or a file of the user's."""

import argparse
import time

from gateway import signals
from gateway.commands.import_ import import_file
from gateway.commands.running import opened_pool, servers
from gateway.config import ServerUrls, Settings
from gateway.feeds.simulated_store import store_simulated_market
from gateway.observe.logs import configure_logs
from gateway.server import serve
from resolvers.storage.migrate import migrate


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Makes what is missing, then serves until a signal asks to stop."""
    configure_logs(settings.log_level)
    with servers(settings, serving=True) as urls:
        signals.run(_fill(chosen, settings, urls))
        note = "" if chosen.data else " (a simulated market: every price is made up)"
        return serve(settings, urls, begun=chosen.begun, note=note)


async def _fill(chosen: argparse.Namespace, settings: Settings, urls: ServerUrls) -> None:
    await migrate(urls.database)
    async with opened_pool(settings, urls) as pool:
        if chosen.data:
            await import_file(pool, chosen.data, chosen)
        else:
            await store_simulated_market(pool, now=int(time.time()))
