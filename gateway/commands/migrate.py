"""``gateway migrate``: brings the database's tables up to date."""

import argparse
import sys

from gateway import signals
from gateway.commands.running import DONE, servers
from gateway.config import Settings
from resolvers.storage.migrate import migrate


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Applies what is missing and says what that was."""
    with servers(settings, serving=False) as urls:
        applied = signals.run(migrate(urls.database))
    for migration in applied:
        sys.stdout.write(f"applied {migration.number:04d}_{migration.name}\n")
    if not applied:
        sys.stdout.write("nothing to apply\n")
    return DONE
