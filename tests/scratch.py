"""Where the servers of a test run keep their data: in memory where there is room, for nobody needs it afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
# A run took 0.4 GB at most; what runs beside it is to have as much again. A container often has 64 MB there.
_NEEDED_BYTES = 2**30


@contextmanager
def scratch_folder(memory: Path = MEMORY, needed_bytes: int = _NEEDED_BYTES) -> Iterator[Path]:
    """
    A folder that is gone afterwards, below *memory* if that is there and has *needed_bytes*.

    A database per test is written and dropped some six hundred times. PostgreSQL waits for the disk each time, and a
    virtual machine's disk is slow soon: 180 ms each, in memory 15.
    """
    has_room = memory.is_dir() and shutil.disk_usage(memory).free >= needed_bytes
    with tempfile.TemporaryDirectory(dir=memory if has_room else None) as folder:
        yield Path(folder)
