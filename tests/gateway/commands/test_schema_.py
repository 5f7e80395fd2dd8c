"""``gateway schema``."""

import re
from pathlib import Path

import pytest

from gateway.cli import main
from schema.build import committed_schema
from tests.processes import environment, run


def test_it_prints_the_committed_schema(home: Path) -> None:
    """Byte for byte, without a server."""
    ended = run(environment(home, data_dir=home / "data"), "schema")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == committed_schema()
    assert list(home.iterdir()) == []


def _checked(old: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Status and lines of a check against *text*."""
    old.write_text(text, "utf-8")
    status = main(["schema", "--check", str(old)])
    said = capsys.readouterr()
    assert said.err == ""
    *lines, last = said.out.splitlines()
    assert last.endswith(f" changes since {old}")
    return status, lines


def _edited(old: str, new: str) -> str:
    """The schema of a version that had *old* where there is *new* today."""
    text = committed_schema()
    assert new in text
    return text.replace(new, old, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_edited("type Query {\n  gone: Int\n", "type Query {\n"), "breaking: Field Query.gone was removed."),
        (
            _edited('500 symbols."""\n    symbols: [String!]\n', '500 symbols."""\n    symbols: [String!]!\n'),
            "breaking: Argument Query.quotes(symbols:) has changed type from [String!] to [String!]!.",
        ),
        (_edited("enum Interval {\n  S1\n", "enum Interval {\n"), "breaking: Enum value Interval.S1 was removed."),
        (committed_schema() + "directive @gone on FIELD", "breaking: Directive @gone was removed."),
    ],
    ids=["field", "argument", "value", "directive"],
)
def test_a_breaking_change_is_named(text: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the status is 1."""
    assert _checked(tmp_path / "old.graphql", text, capsys) == (1, [line])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (committed_schema(), []),
        (
            _edited("    first: Int! = 10\n", "    first: Int! = 20\n"),
            ["dangerous: Instrument.signals(first:) has changed defaultValue from 10 to 20."],
        ),
        (_edited("", '  """`close` less `open`."""\n  change: Float\n'), []),
        (re.sub(r" @cost\(.*?\)", "", committed_schema().replace("directive @cost", "directive @price")), []),
        (committed_schema() + "directive @price(cents: Int!) on FIELD_DEFINITION", []),
    ],
    ids=["none", "default", "new field", "new directive", "old directive"],
)
def test_what_breaks_nobody_is_status_0(
    text: str, lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is dangerous is said; directives that describe the schema are nothing to a client."""
    assert _checked(tmp_path / "old.graphql", text, capsys) == (0, lines)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is no GraphQL schema: "),
        (b"type Query {", "is no GraphQL schema: Syntax Error: Expected Name, found <EOF>."),
        (b"type Query { a: Nope }", "is no GraphQL schema: Unknown type 'Nope'."),
        (b"type Query { a: Int @nope }", "is no GraphQL schema: Unknown directive '@nope'."),
        (b"\xff", "is no GraphQL schema: "),
    ],
)
def test_a_file_that_is_no_schema_is_told(
    content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line."""
    old = tmp_path / "old.graphql"
    if content is not None:
        old.write_bytes(content)
    assert main(["schema", "--check", str(old)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert f"gateway: {old} {words}" in said.err
