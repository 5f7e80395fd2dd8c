"""``gateway check``: what is set, without secrets, and what cannot be reached."""

from pathlib import Path

from gateway.config import ServerUrls
from resolvers.storage.migrate import migrations
from resolvers.storage.pool import Pool
from tests.gateway.commands.conftest import Runner
from tests.processes import environment, run


async def test_servers_that_answer_are_status_0(gateway_command: Runner, urls: ServerUrls) -> None:
    """With their versions, and without the password of either."""
    ended = gateway_command("check")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "PostgreSQL: " in ended.stdout
    assert " answers\n" in ended.stdout
    password = urls.database.split(":")[2].partition("@")[0]
    assert len(password) > 20
    assert password not in ended.stdout


async def test_missing_migrations_are_told(gateway_command: Runner, pool: Pool) -> None:
    """With the command that applies them."""
    await pool.execute("DELETE FROM migrations")
    assert f"{len(migrations())} migrations to apply, run `gateway migrate`" in gateway_command("check").stdout


def test_servers_that_do_not_answer_are_named(home: Path) -> None:
    """Status 1; each is named with its address; no password is shown, wherever in the URL it stands."""
    ended = run(
        environment(
            home,
            database_url="postgresql://me:s3cret@127.0.0.1:1/db?password=s3cret&application_name=x",
            redis_url="redis://:s3cret@127.0.0.1:1/0?password=s3cret",
        ),
        "check",
    )
    assert ended.returncode == 1
    assert "s3cret" not in ended.stdout + ended.stderr
    postgresql = "PostgreSQL: cannot be reached at postgresql://me:…@127.0.0.1:1/db?password=…&application_name=x: "
    assert postgresql + "ConnectionRefusedError\n" in ended.stdout
    assert "Redis: cannot be reached at redis://:…@127.0.0.1:1/0?password=…: ConnectionError\n" in ended.stdout


def test_embedded_servers_are_named_and_not_started(home: Path, tmp_path: Path) -> None:
    """Where they would keep their data; looking does not make a directory."""
    ended = run(environment(home, data_dir=tmp_path / "data", port=1234), "check")
    assert ended.returncode == 0
    assert f"PostgreSQL: embedded, in {tmp_path}/data\nRedis: embedded, in {tmp_path}/data\n" in ended.stdout
    assert any(line.split() == ["GATEWAY_PORT", "1234"] for line in ended.stdout.splitlines())
    assert any(line.split() == ["GATEWAY_MAX_BARS", "50000", "bars"] for line in ended.stdout.splitlines())
    assert not (tmp_path / "data").exists()
    assert list(home.iterdir()) == []


def test_a_wrong_setting_is_one_line_and_status_2(quick_command: Runner) -> None:
    """Whatever the command, before it does anything."""
    for arguments in (
        ["check"],
        ["serve"],
        ["demo"],
        ["migrate"],
        ["schema"],
        ["import", "x"],
        ["instruments", "list"],
    ):
        ended = quick_command(*arguments, GATEWAY_PORT="ten")
        line = "gateway: GATEWAY_PORT must be a whole number of at least 0, was 'ten'\n"
        assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", line)


def test_an_unknown_setting_is_refused(quick_command: Runner) -> None:
    """A typing mistake must not pass for a default."""
    ended = quick_command("check", GATEWAY_PROT="8000")
    assert ended.returncode == 2
    assert ended.stderr.startswith("gateway: GATEWAY_PROT is not a setting; there are GATEWAY_ABSENT_CACHE_SECONDS, ")
