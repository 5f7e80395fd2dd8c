"""The revisions that a process has heard of."""

from collections.abc import Mapping


class Revisions:
    """
    What revision each subject has, as far as this process knows.

    It starts as a copy of what is stored, and the events move it. A cached value is looked up under the revision that
    stands here, and stored under the one that it was read with, never under this one:

        reader                          writer
        looks up revision 7: nothing
        reads the database: 7
                                        commits revision 8, whose event arrives
        stores what it has read as 7    (under the 8 that stands here it would hide the change)

    Attributes:
        is_followed: Whether somebody moves them. While nobody does, they say nothing, and nothing that is held is used.
        moves: How often anything moved; while it stands still, so does every revision.
    """

    __slots__ = ("_known", "is_followed", "moves")

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self.is_followed = False
        self.moves = 0

    def of(self, subject: str) -> int:
        """The revision of *subject*; 0 where nothing was ever stored."""
        revision = self._known.get(subject)
        # What has never moved by itself may have moved with all of its kind.
        return self._known.get(f"{subject.partition(':')[0]}:*", 0) if revision is None else revision

    def move(self, subject: str, revision: int) -> bool:
        """Moves a subject on, or with ``KIND:*`` each that is of a kind, never back; whether it moved."""
        if revision <= self.of(subject):
            return False
        if subject.endswith(":*"):
            for one in [one for one in self._known if one.startswith(subject[:-1]) and self._known[one] < revision]:
                self._known[one] = revision
        self._known[subject] = revision
        self.moves += 1
        return True

    def reset(self, known: Mapping[str, int], *, prefix: str = "") -> None:
        """Takes *known*, read from the database, for all subjects that begin with *prefix*."""
        for subject in [one for one in self._known if one.startswith(prefix)]:
            del self._known[subject]
        self._known.update(known)
        self.moves += 1
