"""Commands on a database of their own."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from gateway.cli import main
from gateway.config import ServerUrls
from tests.processes import environment, run

Runner = Callable[..., CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def variables(home: Path, urls: ServerUrls) -> dict[str, str]:
    """The environment of a command that works on the test's migrated database."""
    return environment(home, database_url=urls.database, redis_url=urls.redis)


@pytest.fixture
def gateway_command(variables: dict[str, str]) -> Runner:
    """Runs a command on the test's database."""
    return lambda *arguments: run(variables, *arguments)


@pytest.fixture
def own_logs() -> Iterator[None]:
    """The logs of the tests are afterwards as they were, whatever a command made of those of its process."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers = handlers


@pytest.fixture
def quick_command(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_logs: None
) -> Runner:
    """As `gateway_command` without a process, for commands that end by themselves: a process takes most of a second."""

    def quick(*arguments: str | Path, **changes: str) -> CompletedProcess[str]:
        for name, value in (variables | changes).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(variables["HOME"])
        status = main([str(one) for one in arguments])
        said = capsys.readouterr()
        return CompletedProcess(arguments, status, said.out, said.err)

    return quick
