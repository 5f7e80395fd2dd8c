"""
The revisions of the signals of each instrument.

They are numbers of all signals: the one at which an instrument's last changed. So whatever moves an instrument gives it
a revision that is higher than any that was read of signals before, and the revision of several of them is the highest.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from resolvers.model.event import EVERY_SIGNAL, SIGNALS, signals_subject

if TYPE_CHECKING:
    from resolvers.storage.pool import Connection

# A program of before there were subjects of instruments raises the revision alone, as one who changes tables by hand.
OF_ALL: Final = "CASE WHEN c.named_at < c.revision THEN c.revision ELSE c.all_at END"
"""The revision of what was last changed for all instruments, of ``collections AS c``."""

OF_ONE: Final = f"greatest({OF_ALL}, own.revision)"
"""The revision of an instrument's signals, of ``collections AS c`` and ``signal_subjects AS own``, if it has that."""

_MOVE = (
    "WITH moved AS (UPDATE collections AS c SET revision = c.revision + 1, named_at = c.revision + 1,"  # noqa: S608
    f" all_at = {OF_ALL} WHERE name = '{SIGNALS}' RETURNING revision),"
    " named AS (INSERT INTO signal_subjects SELECT id, moved.revision FROM moved, unnest($1::int[]) AS n (id)"
    "  ON CONFLICT (instrument_id) DO UPDATE SET revision = excluded.revision)"
    " SELECT revision FROM moved"
)


async def move_signals(one: "Connection", instrument_ids: Collection[int]) -> int:
    """
    The next revision of all signals, which those of *instrument_ids* have from now on.

    Other writers of signals wait for it until the transaction ends, and so never wait for each other's instruments.
    """
    revision: int = await one.fetchval(_MOVE, sorted(instrument_ids))
    return revision


async def move_all_signals(one: "Connection") -> int:
    """The next revision of all signals, which those of every instrument have from now on."""
    revision: int = await one.fetchval(
        "UPDATE collections SET revision = revision + 1 WHERE name = $1 RETURNING revision", SIGNALS
    )
    return revision


async def read_signal_subjects(one: "Connection") -> dict[str, int]:
    """The revision of every instrument's signals that was moved by itself, and the one of all others."""
    rows = await one.fetch(
        f"SELECT own.instrument_id, own.revision, {OF_ALL} AS of_all"  # noqa: S608
        f" FROM collections AS c LEFT JOIN signal_subjects AS own ON own.revision > {OF_ALL} WHERE c.name = $1",
        SIGNALS,
    )
    found = {signals_subject(row["instrument_id"]): row["revision"] for row in rows if row["revision"] is not None}
    of_all = rows[0]["of_all"]
    return {EVERY_SIGNAL: of_all, **found} if of_all else found


def of_some(values: list[object], instrument_ids: Sequence[int]) -> str:
    """The revision of the signals of some instruments, of ``collections AS c``; their ids are added to *values*."""
    values.append(list(instrument_ids))
    own = f"SELECT max(own.revision) FROM signal_subjects AS own WHERE own.instrument_id = ANY(${len(values)}::int[])"  # noqa: S608
    return f"greatest({OF_ALL}, ({own}))"
