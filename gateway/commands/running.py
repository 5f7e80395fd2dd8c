"""What every command needs: settings, servers, and errors told in one line."""

import argparse
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from gateway.config import ServerUrls, Settings
from gateway.setting import SettingsError
from gateway.signals import unwinding_signals
from resolvers.errors import GatewayError
from resolvers.storage.migrate import migrate, pending_migrations
from resolvers.storage.pool import Pool, close_pool, connection, open_pool

DONE, FAILED, WRONG_USAGE, REJECTED_ROWS, INTERRUPTED, UNREAD = 0, 1, 2, 3, 130, 141


class CommandError(Exception):
    """A command that cannot go on, in words for the person who typed it."""


def reported(run: Callable[[argparse.Namespace, Settings], int], chosen: argparse.Namespace) -> int:
    """Runs a command and returns its exit status; what it cannot do is one line on standard error."""
    try:
        status = run(chosen, Settings.from_environment())
        sys.stdout.flush()
        return status
    except SettingsError as error:
        return told(error, WRONG_USAGE)
    except (CommandError, GatewayError) as error:
        return told(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who reads has seen enough, as `head` has; what Python still holds must not fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


def told(error: Exception, status: int) -> int:
    """Says *error* in one line, and returns *status*."""
    sys.stderr.write(f"gateway: {error}\n")
    return status


@contextmanager
def servers(settings: Settings, *, serving: bool, redis: bool = False) -> Iterator[ServerUrls]:
    """
    PostgreSQL, and Redis for a *serving* command: the ones of the settings, embedded ones for those that are not set.

    Args:
        redis: Whether a command that does not serve needs Redis all the same.

    Raises:
        CommandError: If an embedded server cannot be started.
    """
    embed_database, embed_redis = settings.database_url is None, (serving or redis) and settings.redis_url is None
    with unwinding_signals(serving=serving):
        if not (embed_database or embed_redis):
            yield ServerUrls(database=settings.database_url or "", redis=settings.redis_url or "")
            return
        from gateway.embedded import EmbeddedError, default_data_dir, embedded_servers

        try:
            with embedded_servers(
                settings.data_dir or default_data_dir(), postgres=embed_database, redis=embed_redis
            ) as embedded:
                yield ServerUrls(
                    database=settings.database_url or embedded.database or "",
                    redis=settings.redis_url or embedded.redis or "",
                )
        except EmbeddedError as error:
            raise CommandError(str(error)) from error


async def prepare(settings: Settings, urls: ServerUrls) -> None:
    """
    Brings an embedded database up to date, and checks that one of the user's is.

    Raises:
        CommandError: If the user's database misses a migration.
        Unavailable: If PostgreSQL does not answer.
    """
    if settings.database_url is None:
        await migrate(urls.database)
        return
    async with opened_pool(settings, urls) as pool, connection(pool) as one:
        missing = await pending_migrations(one)
    if missing:
        names = ", ".join(f"{migration.number:04d}_{migration.name}" for migration in missing)
        raise CommandError(f"the database misses {names}; run `gateway migrate`")


@asynccontextmanager
async def opened_pool(settings: Settings, urls: ServerUrls) -> AsyncIterator[Pool]:
    """A pool for a command that works on the database and ends."""
    pool = await open_pool(urls.database, size=settings.database_connections)
    try:
        yield pool
    finally:
        await close_pool(pool, patience_seconds=10)
