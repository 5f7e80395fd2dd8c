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
from resolvers.model.market import Market
from resolvers.storage.engine_fits import EngineFit, read_fit
from resolvers.storage.pool import connection


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Prints what is stored of the fits of an interval, market by market; nothing is computed."""
    plan, interval = plan_of(settings, is_worker=True), Interval.parse(chosen.interval)
    with servers(settings, serving=False) as urls:
        fits = signals.run(_fits(settings, urls, plan, interval))
    for line in accuracy_lines(fits, plan.panel):
        sys.stdout.write(line + "\n")
    return DONE


async def _fits(settings: Settings, urls: ServerUrls, plan: Plan, interval: Interval) -> dict[Market, EngineFit]:
    await prepare(settings, urls)
    async with opened_pool(settings, urls) as pool, connection(pool) as one:
        both = [Market(interval, is_simulated) for is_simulated in (False, True)]
        stored = {market: await read_fit(one, plan.version, market) for market in both}
    found = {market: fit for market, fit in stored.items() if fit is not None}
    if not found:
        raise CommandError(
            f"no {interval.name} signals of this version ({plan.version}) were made here yet;"
            " run `gateway worker --once`"
        )
    return found
