"""Tables in the documents that repeat what the code knows."""

from dataclasses import fields
from pathlib import Path

from gateway.config import Settings
from gateway.setting import variable_of
from resolvers.cache.nouns import Nouns

DOCS = Path(__file__).resolve().parents[1] / "docs"


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
