"""Where the servers of a test run keep their data."""

import shutil
from pathlib import Path

import pytest

from tests.scratch import scratch_folder


def test_it_is_in_memory_where_there_is_room(tmp_path: Path) -> None:
    """And gone afterwards, with what is in it."""
    with scratch_folder(tmp_path, 1) as folder:
        assert folder.parent == tmp_path
        (folder / "data").mkdir()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_there", [True, False])
def test_it_is_where_temporary_files_are_otherwise(tmp_path: Path, is_there: bool) -> None:
    """With less room than is needed, or on a system without such a place."""
    memory = tmp_path / "memory"
    if is_there:
        memory.mkdir()
    with scratch_folder(memory, shutil.disk_usage(tmp_path).total + 1) as folder:
        assert folder.is_dir()
        assert folder.parent != memory
