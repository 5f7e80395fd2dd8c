"""``gateway worker``: makes the gateway's own signals, beside any number of others that do so too."""

import argparse
import sys
import time
from collections.abc import Mapping

from gateway import signals
from gateway.commands.running import DONE, FAILED, prepare, servers
from gateway.config import ServerUrls, Settings
from gateway.engine import follow, opened_engine, plan_of
from gateway.observe.logs import configure_logs
from resolvers.engine.plan import Plan
from resolvers.engine.work import Tally


def run(chosen: argparse.Namespace, settings: Settings) -> int:
    """Computes what is pending, and then what comes until a signal asks to stop; with ``--once`` it ends before."""
    configure_logs(settings.log_level)
    plan = plan_of(settings, is_worker=True)
    with servers(settings, serving=not chosen.once) as urls:
        signals.run(prepare(settings, urls))
        return signals.run(_once(urls, plan) if chosen.once else _on(urls, plan))


async def _on(urls: ServerUrls, plan: Plan) -> int:
    await follow(urls, None, plan, is_alone=False)
    return DONE


async def _once(urls: ServerUrls, plan: Plan) -> int:
    begun = time.monotonic()
    async with opened_engine(urls, None, plan) as engine:
        await engine.finish()
    sys.stdout.write(f"{_said(engine.tallies, plan)} in {time.monotonic() - begun:.1f} s\n")
    if engine.failing:
        sys.stdout.write(f"{engine.failing} series could not be computed, see the log\n")
    return FAILED if engine.failing else DONE


def _said(tallies: Mapping[str, Tally], plan: Plan) -> str:
    done = [f"{name}: {one.signals:,} signals of {one.series:,} series" for name, one in tallies.items() if one.series]
    return f"engine {plan.version}: " + ("; ".join(done) if done else "nothing to compute,")
