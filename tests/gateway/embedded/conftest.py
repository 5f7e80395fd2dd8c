"""A data directory that must be left without servers, and neighbours that use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.embedded.neighbour import Neighbour, wait_until


def _working_below(folder: Path) -> list[str]:
    """The processes whose working directory lies below *folder*, where the system tells."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve().is_relative_to(folder) and (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A place for a data directory below one of mode 0700; the test must leave no server on it."""
    parent = tmp_path / "p"
    parent.mkdir(0o700)
    yield parent / "data"
    wait_until(lambda: not _working_below(tmp_path), "the servers are gone")
    assert parent.stat().st_mode & 0o777 == 0o700


class Neighbourhood:
    """Starts neighbours on one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.neighbours: list[Neighbour] = []

    def start(self, *, rounds: int = 1) -> Neighbour:
        """A new neighbour, on its way in."""
        self.neighbours.append(Neighbour(self.data_dir, rounds=rounds))
        return self.neighbours[-1]


@pytest.fixture
def neighbourhood(data_dir: Path) -> Iterator[Neighbourhood]:
    """Neighbours of one data directory; whoever is left at the end of a failed test is told to leave."""
    neighbourhood = Neighbourhood(data_dir)
    yield neighbourhood
    for neighbour in neighbourhood.neighbours:
        if neighbour.process.poll() is None:
            neighbour.process.communicate("\n", timeout=60)
        for pipe in (neighbour.process.stdin, neighbour.process.stdout, neighbour.process.stderr):
            if pipe is not None:
                pipe.close()
