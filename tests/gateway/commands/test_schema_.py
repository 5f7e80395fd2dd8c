"""``gateway schema``."""

from pathlib import Path

from schema.build import committed_schema
from tests.processes import environment, run


def test_it_prints_the_committed_schema(home: Path) -> None:
    """Byte for byte, without a server."""
    ended = run(environment(home, data_dir=home / "data"), "schema")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == committed_schema()
    assert list(home.iterdir()) == []
