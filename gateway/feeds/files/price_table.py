"""A price file as a table of text cells, whatever its format."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from resolvers.model.bars import IntArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """
    Consecutive rows, by column.

    Attributes:
        lines: Line of each row in the file; the header is line 1.
        cells: One sequence of cells for each column of the header.
        uneven: Rows whose number of cells is not the header's: line -> reason.
    """

    lines: IntArray
    cells: Sequence[Sequence[str]]
    uneven: Mapping[int, str]


class PriceTable(Protocol):
    """A file that has a header and rows; it may be read more than once."""

    @property
    def names(self) -> Sequence[str]:
        """The header."""

    @property
    def symbol(self) -> str | None:
        """The symbol that the header gives for all rows, if it does."""

    @property
    def notices(self) -> Sequence[str]:
        """What was understood that the reader of the file should know."""

    def blocks(self) -> Iterator[Block]:
        """All rows in file order, blank lines left out."""

    def raw_rows(self, lines: Collection[int]) -> Mapping[int, str]:
        """The text of these lines."""
