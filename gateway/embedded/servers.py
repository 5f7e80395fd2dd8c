"""The two servers that the gateway brings along, for as long as a block runs."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from gateway.embedded.error import EmbeddedError


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerUrls:
    """
    Where the embedded servers are.

    Attributes:
        database: DSN for asyncpg, password included; None if no PostgreSQL was asked for.
        redis: URL for redis-py; None if no Redis was asked for.
    """

    database: str | None
    redis: str | None


def default_data_dir() -> Path:
    """``/var/lib/signal-gateway`` for root, else the user's own data directory."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/signal-gateway")
    return platformdirs.user_data_path("signal-gateway", appauthor=False)


@contextmanager
def embedded_servers(data_dir: Path, *, postgres: bool = True, redis: bool = True) -> Iterator[ServerUrls]:
    """
    Runs the servers on *data_dir* while the block runs, shared with other processes on the same directory.

    It blocks, so it belongs before the event loop starts and after it ended.

    Raises:
        EmbeddedError: If the directory is not ours to use, or a server cannot be started or stopped.
    """
    if not (postgres or redis):
        yield ServerUrls(database=None, redis=None)
        return
    if sys.platform == "win32":
        raise EmbeddedError(
            "embedded servers run on Linux and macOS, this is Windows; "
            "set GATEWAY_DATABASE_URL and GATEWAY_REDIS_URL to servers of yours"
        )
    with ExitStack() as stack:
        try:
            urls = _enter(stack, data_dir, postgres=postgres, redis=redis)
        except OSError as error:
            raise EmbeddedError(f"cannot start the servers on {data_dir}: {error}") from error
        yield urls


def _enter(stack: ExitStack, data_dir: Path, *, postgres: bool, redis: bool) -> ServerUrls:
    # Imported here because fcntl and pwd, which these need, exist on Unix only.
    from gateway.embedded.account import server_account
    from gateway.embedded.directory import claim_directory
    from gateway.embedded.lease import lease
    from gateway.embedded.postgres import Postgres
    from gateway.embedded.redis import Redis

    directory = claim_directory(data_dir, server_account())
    urls: dict[str, str | None] = {"database": None, "redis": None}
    for key, server in (("database", Postgres(directory)), ("redis", Redis(directory))):
        if postgres if key == "database" else redis:
            stack.enter_context(lease(server))
            urls[key] = server.url()
    return ServerUrls(**urls)
