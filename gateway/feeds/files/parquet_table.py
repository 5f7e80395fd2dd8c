"""Parquet files, read through the optional pyarrow as the same text cells as CSV."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gateway.feeds.files.price_table import Block
from gateway.feeds.files.text_lines import Progress
from resolvers.errors import BadInput

PARQUET_MAGIC = b"PAR1"
_ROWS_IN_BLOCK = 16_384
_HEADER_LINES = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetTable:
    """A Parquet file; its first row counts as line 2, as if the column names were line 1."""

    path: Path
    names: Sequence[str]
    symbol: str | None = None
    notices: Sequence[str] = ()
    progress: Progress | None = None

    def blocks(self) -> Iterator[Block]:
        """All rows in file order."""
        size, line = self.path.stat().st_size, _HEADER_LINES + 1
        with _opened(self.path) as file:
            rows = max(1, file.metadata.num_rows)
            for batch in file.iter_batches(batch_size=_ROWS_IN_BLOCK):
                lines = np.arange(line, line + batch.num_rows)
                yield Block(lines=lines, cells=[_texts(column) for column in batch.columns], uneven={})
                line += batch.num_rows
                if self.progress is not None:
                    self.progress(size * (line - _HEADER_LINES - 1) // rows, size)

    def raw_rows(self, lines: Collection[int]) -> Mapping[int, str]:
        """The cells of these rows, joined by commas."""
        wanted = np.array(sorted(lines), np.int64)
        found: dict[int, str] = {}
        for block in self.blocks() if len(wanted) else ():
            for line in wanted[np.isin(wanted, block.lines)].tolist():
                found[line] = ",".join(column[line - int(block.lines[0])] for column in block.cells)
        return found


def open_parquet(path: Path, progress: Progress | None) -> ParquetTable:
    """
    The Parquet file at *path*.

    Raises:
        BadInput: If it cannot be read, or pyarrow is not installed.
    """
    with _opened(path) as file:
        return ParquetTable(path=path, names=[str(name) for name in file.schema_arrow.names], progress=progress)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadInput(f"{path.name} is a Parquet file: pip install signal-gateway[parquet]") from None
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        first_line = str(error).partition("\n")[0]
        raise BadInput(f"{path.name} cannot be read as Parquet: {first_line}") from None


def _texts(column: Any) -> list[str]:
    """Cells as CSV would hold them: numbers with every digit that matters, moments in ISO 8601, empty for null."""
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pyarrow.types.is_timestamp(column.type):
        # Nanoseconds have no Python type, and bars stand on seconds anyway.
        moments = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False).to_pylist()
        return ["" if moment is None else moment.isoformat() for moment in moments]
    try:
        texts = column.cast(pyarrow.string()).to_pylist()
    except (pyarrow.ArrowNotImplementedError, pyarrow.ArrowInvalid):
        texts = [None if cell is None else str(cell) for cell in column.to_pylist()]
    return ["" if text is None else text for text in texts]
