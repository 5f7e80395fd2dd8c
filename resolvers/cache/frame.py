"""What surrounds every value in Redis: enough to know that it is what was written, and under this key."""

import struct
import zlib
from typing import NamedTuple

_VERSION = 2
_VALUE, _ABSENT = 1, 2
# Version, kind, checksum, revision, time of the read; 24 bytes, so that arrays behind it are aligned.
_HEADER = struct.Struct("<BB2xIqd")
_CHECKED = struct.Struct("<BB2xqd")


class Framed(NamedTuple):
    """
    What was found under a key.

    Attributes:
        payload: A view of the found bytes; None for what does not exist.
        revision: Of its subject when it was read.
        read_at: When it was read from storage, in unix seconds.
    """

    payload: memoryview | None
    revision: int
    read_at: float


class NotFramed(Exception):
    """Bytes that are no value of ours under this key: cut short, damaged, another version's, or another key's."""


def framed(key: str, payload: bytes | None, *, revision: int, read_at: float) -> bytes:
    """The bytes for *payload* under *key*."""
    kind = _ABSENT if payload is None else _VALUE
    payload = payload or b""
    checksum = _checksum(key, kind, revision, read_at, payload)
    return _HEADER.pack(_VERSION, kind, checksum, revision, read_at) + payload


def unframed(key: str, found: bytes) -> Framed:
    """
    What *found* holds, nothing of it copied.

    Raises:
        NotFramed: If it was not written by `framed` for *key*.
    """
    if len(found) < _HEADER.size:
        raise NotFramed(f"a value has at least {_HEADER.size} bytes, found {len(found)}")
    version, kind, checksum, revision, read_at = _HEADER.unpack_from(found)
    if version != _VERSION:
        raise NotFramed(f"a value is of version {_VERSION}, found {version}")
    payload = memoryview(found)[_HEADER.size :]
    if checksum != _checksum(key, kind, revision, read_at, payload):
        raise NotFramed("the checksum does not fit")
    return Framed(payload if kind == _VALUE else None, revision, read_at)


def _checksum(key: str, kind: int, revision: int, read_at: float, payload: bytes | memoryview) -> int:
    """Over all else, and over the key: an answer that was meant for another question does not pass."""
    head = key.encode() + _CHECKED.pack(_VERSION, kind, revision, read_at)
    return zlib.crc32(payload, zlib.crc32(head))
