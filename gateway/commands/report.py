"""``gateway report agents``: how right votes and scores were, beside how right anybody would have been."""

import argparse
import sys

from gateway import signals
from gateway.commands.accuracy import accuracy_lines
from gateway.commands.running import DONE, CommandError, opened_pool, prepare, servers
from gateway.config import ServerUrls, Settings
from gateway.engine import plan_of
from resolvers.engine.plan import Plan
from resolvers.model.interval import Interval
from resolvers.storage.engine_fits import EngineFit, read_fit
from resolvers.storage.pool import connection


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Prints what is stored of the fits of an interval; nothing is computed."""
    plan, interval = plan_of(settings, is_worker=True), Interval.parse(chosen.interval)
    with servers(settings, serving=False) as urls:
        fit = signals.run(_fit(settings, urls, plan, interval))
    for line in accuracy_lines(fit, plan.panel, interval):
        sys.stdout.write(line + "\n")
    return DONE


async def _fit(settings: Settings, urls: ServerUrls, plan: Plan, interval: Interval) -> EngineFit:
    await prepare(settings, urls)
    async with opened_pool(settings, urls) as pool, connection(pool) as one:
        found = await read_fit(one, plan.version, interval)
    if found is None:
        raise CommandError(
            f"no {interval.name} signals of this version ({plan.version}) were made here yet;"
            " run `gateway worker --once`"
        )
    return found
