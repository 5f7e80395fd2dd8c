"""Tables in the documents that repeat what the code knows."""

from dataclasses import fields
from pathlib import Path

from gateway.config import Settings, variable_of

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
