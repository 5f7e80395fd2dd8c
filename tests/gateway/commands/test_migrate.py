"""``gateway migrate``: the tables, once."""

import asyncpg
import pytest

from gateway.config import ServerUrls
from tests.gateway.commands.conftest import Runner
from tests.servers import database_url


async def test_what_is_missing_is_applied_once(
    gateway_command: Runner, variables: dict[str, str], urls: ServerUrls
) -> None:
    """An empty database gets every table and says so; the second time there is nothing to do."""
    connection = await asyncpg.connect(urls.database)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        assert (
            gateway_command("migrate").stdout
            == "applied 0001_market_data\napplied 0002_events\napplied 0003_signals\napplied 0004_engine\n"
        )
        assert await connection.fetchval("SELECT count(*) FROM candles") == 0
        again = gateway_command("migrate")
        assert (again.returncode, again.stdout) == (0, "nothing to apply\n")
    finally:
        await connection.close()


@pytest.mark.parametrize("command", [["migrate"], ["instruments", "list"]])
def test_a_database_that_cannot_be_reached_is_one_line(
    command: list[str], quick_command: Runner, urls: ServerUrls
) -> None:
    """No server, no such database, another password: status 1, and neither a traceback nor the password."""
    password = urls.database.split(":")[2].partition("@")[0]
    for url in (
        "postgresql://me:s3cret@127.0.0.1:1/x",
        database_url(urls.database, "no_such_database"),
        urls.database.replace(password, "s3cret"),
    ):
        ended = quick_command(*command, GATEWAY_DATABASE_URL=url)
        assert ended.returncode == 1
        assert ended.stderr.startswith("gateway: PostgreSQL cannot be reached: ")
        assert ended.stderr.count("\n") == 1
        assert "s3cret" not in ended.stderr
        assert password not in ended.stderr
