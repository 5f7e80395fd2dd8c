"""Who hears of a change: subscribers by subject, and by what they accept."""

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from types import MappingProxyType

from gateway.streams.source import Audience, Change
from gateway.streams.subscriber import Subscriber

_NOBODY: Mapping[Subscriber, None] = MappingProxyType({})


class Watchers:
    """
    The subscribers of one selection.

    Those of a subject are found by it. What has a condition besides is asked once for all whose audience is the same.
    They stay in the order in which they came, which is that of memory: a walk through a thousand of them is faster.
    """

    __slots__ = ("_by_subject", "_conditional")

    def __init__(self) -> None:
        self._by_subject: dict[str, dict[Subscriber, None]] = {}
        self._conditional: dict[str | None, dict[Audience, dict[Subscriber, None]]] = {}

    def add(self, subscriber: Subscriber) -> list[str | None]:
        """Adds a subscriber; the subjects that nobody watched before."""
        new: list[str | None] = []
        for subject in _subjects_of(subscriber.audience):
            if not self.watches(subject):
                new.append(subject)
            if subject is None or subscriber.audience.accepts is not None:
                same = self._conditional.setdefault(subject, {})
                same.setdefault(subscriber.audience, {})[subscriber] = None
            else:
                self._by_subject.setdefault(subject, {})[subscriber] = None
        return new

    def discard(self, subscriber: Subscriber) -> list[str | None]:
        """Forgets a subscriber; the subjects that nobody watches any more."""
        audience = subscriber.audience
        gone: list[str | None] = []
        for subject in _subjects_of(audience):
            plain = self._by_subject.get(subject) if subject is not None else None
            if plain is not None:
                plain.pop(subscriber, None)
                if not plain:
                    del self._by_subject[subject]  # type: ignore[arg-type]
            conditional = self._conditional.get(subject)
            if conditional is not None and audience in conditional:
                conditional[audience].pop(subscriber, None)
                if not conditional[audience]:
                    del conditional[audience]
                if not conditional:
                    del self._conditional[subject]
            if not self.watches(subject):
                gone.append(subject)
        return gone

    def watches(self, subject: str | None) -> bool:
        """Whether somebody watches a subject; None is every subject."""
        return subject in self._by_subject or subject in self._conditional

    def of_subject(self, subject: str) -> Collection[Subscriber]:
        """Who watches a subject without a condition."""
        return self._by_subject.get(subject, _NOBODY)

    def of(self, change: Change) -> Iterable[Subscriber]:
        """Who hears of a change."""
        plain = self._by_subject.get(change.subject, _NOBODY)
        if not self._conditional:
            return plain
        return chain(plain, *[
            members
            for subject in (change.subject, None)
            for audience, members in self._conditional.get(subject, {}).items()
            if audience.accepts is None or audience.accepts(change)
        ])  # fmt: skip


def _subjects_of(audience: Audience) -> tuple[str | None, ...]:
    return (None,) if audience.subjects is None else tuple(dict.fromkeys(audience.subjects))
