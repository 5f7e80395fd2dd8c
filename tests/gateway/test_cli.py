"""The command line: what it takes, and how little it loads before it knows what is asked."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli import main
from resolvers.model.instrument import AssetClass
from resolvers.model.interval import Interval
from tests.processes import REPOSITORY, command, environment

_HEAVY = {"numpy", "uvicorn", "strawberry", "starlette", "graphql", "asyncpg", "redis", "talib", "orjson", "asyncio"}


def _imported(home: Path, *arguments: str) -> tuple[int, set[str]]:
    """Exit status and top-level packages that a command has imported."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", *command(*arguments)[1:]],
        env=environment(home),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    names = (line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time:"))
    return ended.returncode, {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["import", "--help"], ["nope"]])
def test_help_loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    """No library of ours: help is there at once."""
    status, imported = _imported(tmp_path, *arguments)
    assert status == (2 if arguments == ["nope"] else 0)
    assert "argparse" in imported
    assert imported & _HEAVY == set()


def test_a_command_loads_what_it_needs(tmp_path: Path) -> None:
    """So that the test above is one that can fail."""
    status, imported = _imported(tmp_path, "schema")
    assert status == 0
    assert {"strawberry", "graphql"} <= imported
    assert "uvicorn" not in imported


def test_who_reads_may_stop_reading(tmp_path: Path) -> None:
    """As `head` does: no traceback, and the status that a shell gives to whom it happens."""
    with subprocess.Popen(
        command("schema"), env=environment(tmp_path), cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """With a line each."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for name in ("demo", "serve", "import", "feed", "instruments", "cache", "migrate", "schema", "check"):
        assert f"\n    {name}" in text, name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["nope"], "invalid choice: 'nope'"),
        (["import"], "the following arguments are required: FILE"),
        (["import", "x", "--interval", "D2"], "invalid choice: 'D2'"),
        (["import", "x", "--asset-class", "BOND"], "invalid choice: 'BOND'"),
        (["instruments"], "the following arguments are required: ACTION"),
        (["instruments", "set", "X", "--tick-size", "wide"], "invalid float value: 'wide'"),
        (["serve", "--port", "1"], "unrecognized arguments: --port 1"),
    ],
    ids=str,
)
def test_wrong_usage_is_status_2(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the usage and what was wrong."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_choices_are_those_of_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    """The command line spells them out, so that it need not import the model."""
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    text = "".join(capsys.readouterr().out.split())
    assert f"--interval{{{','.join(Interval.__members__)}}}" in text
    assert f"--asset-class{{{','.join(AssetClass)}}}" in text
