"""Names of signals, and hashes of all that each was computed from."""

from hashlib import blake2b, sha256

import numpy as np
import numpy.typing as npt
import orjson

from resolvers.model.bars import IntArray, Series
from resolvers.model.computed_signals import Hashes
from resolvers.model.interval import Interval

SIZE = 16


def digests(producer: str, symbol: str, interval: Interval, time: IntArray) -> Hashes:
    """As `SignalDraft.digest` of signals without a key on bars of these times, as bytes, shape ``(n, 16)``."""
    # The hash is of a JSON array that ends with the time, so that all but the time is written once.
    begun = sha256(orjson.dumps([producer, symbol, interval.name, 0])[:-2])
    found = bytearray()
    for said in time.tolist():
        one = begun.copy()
        one.update(b"%d]" % said)
        found += one.digest()[:SIZE]
    return _hashes(found)


def input_hashes(
    numbers: Series, whole: npt.NDArray[np.int64], votes: npt.NDArray[np.int8], names: npt.NDArray[np.bytes_]
) -> Hashes:
    """
    A hash of each column of what is given, shape ``(n, 16)``; equal where all is equal, NaN being equal to NaN.

    Args:
        numbers: Shape ``(…, n)``.
        whole: Shape ``(…, n)``.
        votes: Shape ``(agents, n)``.
        names: Shape ``(n,)``.
    """
    count = votes.shape[1]
    # One NaN and one zero, whatever arithmetic they came from.
    plain = np.where(np.isnan(numbers), np.nan, numbers + 0.0)
    parts = (
        _rows(plain.astype("<f8", copy=False), count),
        _rows(whole.astype("<i8", copy=False), count),
        _rows(votes, count),
        _rows(names.astype("S64")[np.newaxis], count),
    )
    rows = np.concatenate(parts, axis=1)
    width, content = rows.shape[1], rows.tobytes()
    return _hashes(
        b"".join(
            blake2b(content[start : start + width], digest_size=SIZE).digest()
            for start in range(0, width * count, width)
        )
    )


def _rows(columns: npt.NDArray[np.generic], count: int) -> npt.NDArray[np.uint8]:
    """The bytes of each column of an array, shape ``(n, …)``."""
    width = columns.shape[0] * columns.itemsize
    return np.ascontiguousarray(columns.T).view(np.uint8).reshape(count, width)


def _hashes(content: bytes | bytearray) -> Hashes:
    return np.frombuffer(bytes(content), np.uint8).reshape(-1, SIZE)
