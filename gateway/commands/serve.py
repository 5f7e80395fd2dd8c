"""``gateway serve``: serves what is stored."""

import argparse

from gateway import signals
from gateway.commands.running import prepare, servers
from gateway.config import Settings
from gateway.engine import engine_feed
from gateway.observe.logs import configure_logs
from gateway.server import serve


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Serves until a signal asks to stop."""
    configure_logs(settings.log_level)
    with servers(settings, serving=True) as urls:
        signals.run(prepare(settings, urls))
        feeds = [engine_feed(settings, urls)] if settings.engine == "on" else []
        return serve(settings, urls, begun=chosen.begun, feeds=feeds)
