"""What the documents repeat of the code is as the code has it: tables, and names of files."""

import re
from dataclasses import fields
from pathlib import Path

from gateway.config import Settings
from gateway.setting import variable_of
from resolvers.cache.nouns import Nouns

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
_NAMED_FILE = re.compile(r"`((?:gateway|schema|resolvers|tests|loadtests|docs)/[\w./-]*\w)`")


def test_the_settings_are_documented_as_they_are() -> None:
    """Each with its default, its unit and its meaning."""
    page = (DOCS / "settings.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `GATEWAY_")]
    expected = []
    for one in fields(Settings):
        default = "" if one.default is None else f"`{one.default}`"
        expected.append(f"| `{variable_of(one)}` | {default} | {one.metadata['unit']} | {one.metadata['meaning']} |")
    assert rows == expected


def test_what_is_held_is_documented_as_it_is() -> None:
    """Each noun with its life and its bounds."""
    page = (DOCS / "cache.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| `")]
    documented = [(name, life, bounds.removesuffix(", the process alone")) for name, _, _, life, bounds in rows]
    assert documented == [
        (f"`{one.name}`", f"{one.life_seconds:.0f} s", f"{one.entries:,}, {one.size_bytes // 2**20} MiB")
        for one in Nouns()
    ]


def test_the_files_that_are_named_are_there() -> None:
    """In all documents, and where the loads say with which change of which file they were seen to fail."""
    pages = [ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "loadtests").glob("*.*")]
    named = {page: _NAMED_FILE.findall(page.read_text()) for page in pages}
    assert len(set(named[DOCS / "architecture.md"])) > 100
    assert [
        (page.name, one) for page, all_named in named.items() for one in all_named if not (ROOT / one).exists()
    ] == []


def test_each_package_of_the_architecture_is_named() -> None:
    """Those of the resolvers, whose order the import contracts hold."""
    page = (DOCS / "architecture.md").read_text()
    packages = [one.parent.relative_to(ROOT).as_posix() for one in (ROOT / "resolvers").glob("*/__init__.py")]
    assert [one for one in packages if f"`{one}`" not in page and f"`{one}/" not in page] == []
