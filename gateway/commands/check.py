"""``gateway check``: the effective settings, and what cannot be reached."""

import argparse
import sys
from collections.abc import Awaitable, Callable

from gateway import signals
from gateway.commands.running import DONE, FAILED, opened_pool
from gateway.config import ServerUrls, Settings
from gateway.hidden_url import hidden
from resolvers.errors import GatewayError
from resolvers.storage.migrate import pending_migrations
from resolvers.storage.pool import connection


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Prints every setting, asks the configured servers, and fails if one does not answer."""
    rows = settings.shown()
    width, values = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    for variable, value, unit in rows:
        sys.stdout.write(f"{variable:<{width}}  {value:<{values}}  {unit}".rstrip() + "\n")
    sys.stdout.write("\n")
    reached = signals.run(_reached(settings))
    return DONE if reached else FAILED


async def _reached(settings: Settings) -> bool:
    checks: list[tuple[str, str | None, Callable[[str], Awaitable[str]]]] = [
        ("PostgreSQL", settings.database_url, lambda url: _database(settings, url)),
        ("Redis", settings.redis_url, _redis),
    ]
    good = True
    for name, url, ask in checks:
        if url is None:
            sys.stdout.write(f"{name}: embedded, in {_data_dir(settings)}\n")
            continue
        try:
            sys.stdout.write(f"{name}: {await ask(url)}\n")
        except Exception as error:
            good = False
            cause = error.__cause__ if isinstance(error, GatewayError) else error
            sys.stdout.write(f"{name}: cannot be reached at {hidden(url)}: {type(cause).__name__}\n")
    return good


async def _database(settings: Settings, url: str) -> str:
    async with opened_pool(settings, ServerUrls(database=url, redis="")) as pool, connection(pool) as one:
        version = await one.fetchval("SHOW server_version")
        missing = await pending_migrations(one)
    return f"{version} answers" + (f"; {len(missing)} migrations to apply, run `gateway migrate`" if missing else "")


async def _redis(url: str) -> str:
    from redis.asyncio import Redis

    client = Redis.from_url(url)
    try:
        information = await client.info("server")
    finally:
        await client.aclose()
    return f"{information['redis_version']} answers"


def _data_dir(settings: Settings) -> str:
    from gateway.embedded import default_data_dir

    return str(settings.data_dir or default_data_dir())
