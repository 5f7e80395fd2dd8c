"""Lines of a text file, plain or gzip, whatever its encoding, with every failure in words."""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from resolvers.errors import BadInput

Progress = Callable[[int, int], None]

GZIP_MAGIC = b"\x1f\x8b"
LINES_IN_BLOCK = 16_384
_LONGEST_LINE = 65_536
_ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_UNDECODABLE = re.compile("[\udc80-\udcff]")
_OTHER_FORMATS = {b"PK\x03\x04": "a ZIP or Excel file", b"\xd0\xcf\x11\xe0": "an Excel file", b"%PDF": "a PDF"}


def line_blocks(path: Path, progress: Progress | None = None) -> Iterator[list[str]]:
    """
    The lines of *path* with their ends, in blocks, so that memory does not grow with the file.

    Args:
        progress: Called after each block with the bytes read of the file and its size.

    Raises:
        BadInput: If the file cannot be read, is not text, or its gzip stream is damaged.
    """
    with _failures_in_words(path), path.open("rb") as raw:
        size = path.stat().st_size
        stream = gzip.GzipFile(fileobj=raw) if raw.peek(2).startswith(GZIP_MAGIC) else raw
        with io.BufferedReader(stream, 1 << 17) as buffered:
            # Bytes that are no UTF-8 come through as lone surrogates, so that their line can be named.
            encoding = _encoding(path, buffered.peek(4096))
            text = io.TextIOWrapper(buffered, encoding=encoding, errors="surrogateescape")
            first = text.readline(_LONGEST_LINE)
            if len(first) == _LONGEST_LINE:
                raise BadInput(f"{path.name} must be lines of text, line 1 is longer than {_LONGEST_LINE} characters")
            done, lines = 0, chain([first] if first else [], text)
            while block := list(islice(lines, LINES_IN_BLOCK)):
                _check_decoded(path, block, done)
                done += len(block)
                if progress is not None:
                    progress(raw.tell(), size)
                yield block


def _encoding(path: Path, start: bytes) -> str:
    for magic, kind in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise BadInput(f"{path.name} must be CSV, gzip of CSV, or Parquet, is {kind}: save it as CSV")
    for mark, encoding in _ENCODINGS.items():
        if start.startswith(mark):
            return encoding
    if b"\0" in start:
        raise BadInput(f"{path.name} must be CSV, gzip of CSV, or Parquet, is binary")
    return "utf-8"


def _check_decoded(path: Path, block: list[str], done: int) -> None:
    if "".join(block).isascii():
        return
    for line, text in enumerate(block, done + 1):
        if found := _UNDECODABLE.search(text):
            byte = ord(found.group()) - 0xDC00
            raise BadInput(
                f"{path.name} must be UTF-8 or UTF-16, line {line} holds the byte 0x{byte:02X}: save as UTF-8"
            )


@contextmanager
def _failures_in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise BadInput(f"{path.name} is truncated: its gzip stream ends early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"{path.name} is damaged: its gzip stream cannot be read ({error})") from None
    except UnicodeError as error:
        raise BadInput(f"{path.name} must be UTF-8 or UTF-16, cannot be decoded ({error})") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from None
