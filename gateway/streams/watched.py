"""Which groups watch a subject."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

G = TypeVar("G", bound=Hashable)


class Watched(Generic[G]):
    """
    The groups of a channel, by the subjects that some member of theirs watches; None is every subject.

    Within a group its `Watchers` know who it is.
    """

    __slots__ = ("_by_subject",)

    def __init__(self) -> None:
        self._by_subject: dict[str | None, set[G]] = {}

    def __len__(self) -> int:
        """How many subjects are watched."""
        return len(self._by_subject)

    def add(self, subject: str | None, group: G) -> None:
        """Notes that a group watches a subject."""
        self._by_subject.setdefault(subject, set()).add(group)

    def discard(self, subject: str | None, group: G) -> bool:
        """Notes that a group watches a subject no more; whether it was the last one."""
        groups = self._by_subject[subject]
        groups.discard(group)
        if groups:
            return False
        del self._by_subject[subject]
        return True

    def watches(self, subject: str) -> bool:
        """Whether somebody watches a subject."""
        return subject in self._by_subject or None in self._by_subject

    def groups_of(self, subject: str) -> Iterable[G]:
        """The groups that watch a subject."""
        of_subject, of_all = self._by_subject.get(subject), self._by_subject.get(None)
        if of_subject is None or of_all is None:
            return of_subject or of_all or ()
        return of_subject | of_all
