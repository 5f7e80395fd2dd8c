"""The data directory: its modes, and everything that is refused untouched."""

import os
import stat
from pathlib import Path

import pytest

from gateway.embedded import EmbeddedError, embedded_servers
from gateway.embedded.account import server_account
from gateway.embedded.directory import MARKER, claim_directory
from gateway.embedded.programs import postgres_folder


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def _modes_above(path: Path) -> dict[Path, int]:
    return {parent: _mode(parent) for parent in path.parents}


def test_everything_is_closed_and_nothing_above_is_widened(data_dir: Path) -> None:
    """Folders are 0700, files 0600, all of one owner; folders above it, and above the programs, stay as they were."""
    programs = postgres_folder(server_account())
    before = _modes_above(data_dir) | _modes_above(programs)
    with embedded_servers(data_dir):
        for path in [data_dir, *data_dir.rglob("*")]:
            assert path.lstat().st_uid == server_account().uid, path
            if path.is_socket():
                assert _mode(path) == 0o700, path
                assert _mode(path.parent) == 0o700, path
            else:
                assert _mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert _modes_above(data_dir) | _modes_above(programs) == before


def test_missing_parents_are_made_as_usual(tmp_path: Path) -> None:
    """Only the directory itself is closed; the folders above get what the umask leaves."""
    umask = os.umask(0o022)
    try:
        directory = claim_directory(tmp_path / "a" / "b" / "data", server_account())
    finally:
        os.umask(umask)
    assert [_mode(tmp_path / "a"), _mode(tmp_path / "a" / "b"), _mode(directory.path)] == [0o755, 0o755, 0o700]


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o770])
def test_a_directory_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Expected, found, the remedy, and no change."""
    tmp_path.chmod(mode)
    with pytest.raises(EmbeddedError, match=rf"\(mode 0700\), has mode {mode:04o}; .* `chmod 700 {tmp_path}`"):
        claim_directory(tmp_path, server_account())
    assert _mode(tmp_path) == mode
    assert list(tmp_path.iterdir()) == []


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """It keeps its owner, even where root could take it."""
    place = Path("/")
    if os.geteuid() == 0:
        place = tmp_path
        os.chown(place, 12345, 12345)
    owner = place.stat().st_uid
    with pytest.raises(EmbeddedError, match=f"must belong to user id {server_account().uid}, belongs to {owner}"):
        claim_directory(place, server_account())
    assert place.stat().st_uid == owner


def test_what_is_not_a_directory_is_refused(tmp_path: Path) -> None:
    """A link is not followed, whatever it leads to."""
    (tmp_path / "file").write_text("")
    (tmp_path / "target").mkdir(0o700)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for name, kind in (("file", "a file"), ("link", "a symbolic link")):
        with pytest.raises(EmbeddedError, match=f"must be a directory, {tmp_path / name} is {kind}"):
            claim_directory(tmp_path / name, server_account())
    assert list((tmp_path / "target").iterdir()) == []


def test_a_directory_with_foreign_files_is_refused(tmp_path: Path) -> None:
    """A home directory given by mistake keeps its owner and its files."""
    (tmp_path / "thesis.txt").write_text("")
    tmp_path.chmod(0o700)
    owner = tmp_path.stat().st_uid
    with pytest.raises(EmbeddedError, match=rf"hold an earlier {MARKER}, holds thesis\.txt"):
        claim_directory(tmp_path, server_account())
    assert tmp_path.stat().st_uid == owner
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_empty_directory_is_taken_and_recognised(tmp_path: Path) -> None:
    """An administrator may make it beforehand; later it is known by its marker."""
    tmp_path.chmod(0o700)
    for _ in range(2):
        directory = claim_directory(tmp_path, server_account())
        directory.write_file("note", "kept")
    assert tmp_path.stat().st_uid == server_account().uid
    assert directory.read_file("note") == "kept"
    assert directory.read_file("absent") is None


def test_links_inside_are_not_followed(tmp_path: Path) -> None:
    """A link planted in the directory does not lead our writing elsewhere."""
    directory = claim_directory(tmp_path / "data", server_account())
    (directory.path / "postgres.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="Too many levels"):
        directory.write_file("postgres.log", "x")
    assert not (tmp_path / "elsewhere").exists()
