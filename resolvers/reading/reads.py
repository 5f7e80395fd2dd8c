"""What all reads of one operation have in common."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from resolvers.cache.found import Found, Loaded, Version
from resolvers.cache.noun import Noun
from resolvers.model.read_budget import ReadBudget
from resolvers.model.trace import Trace
from resolvers.services import Services

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Subject: TypeAlias = str | tuple[str, ...]
"""
What moves a value: one subject, or each of several.

Several are numbered together, so that whichever of them moves has a higher revision than all of them had before: the
highest of their revisions is that of all of them.
"""


class Missing:
    """That nothing is held, which is another thing than holding that nothing exists."""


MISSING: Final = Missing()


class Reads:
    """
    The reads of one operation.

    Args:
        is_fresh: Whether to read past what is held, because the client knows of something that this process has not
            heard of yet.

    Attributes:
        trace: What was read.
        budget: How many bars may still be read.
        is_fresh: As given; also where nobody moves the revisions, so that what is held may be old.
    """

    __slots__ = ("budget", "is_fresh", "services", "trace")

    def __init__(self, services: Services, *, is_fresh: bool = False) -> None:
        self.services = services
        self.trace = Trace()
        self.budget = ReadBudget(services.max_read_bars)
        self.is_fresh = is_fresh or not services.revisions.is_followed

    def version(self, subject: Subject) -> Version:
        """*subject* at the revision that this process has heard of."""
        of = self.services.revisions.of
        if isinstance(subject, str):
            return Version(subject, of(subject))
        return Version("+".join(subject), max(of(one) for one in subject))

    def peeked(self, noun: Noun[V], key: Hashable, subject: str) -> V | Missing | None:
        """The value of *key* that the process holds, without waiting for anything."""
        if self.is_fresh:
            return MISSING
        tiers = self.services.tiers
        entry = tiers.peek(noun, key, self.services.revisions.of(subject))
        if entry is None:
            return MISSING
        self.trace.rests_on(subject, entry.revision)
        self.trace.served(noun.name, "memory", tiers.clock() - entry.read_at)
        self.services.demand.asked(noun.name, key)
        return entry.value

    async def found(
        self,
        noun: Noun[V],
        subjects: Mapping[K, Subject],
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, Loaded[V] | Exception]]],
        *,
        is_fresh: bool = False,
        narrowed: Callable[[V], Subject] | None = None,
    ) -> dict[K, Found[V]]:
        """
        The value of each key, whose subject is given; what cannot be loaded has its error as its value.

        Args:
            narrowed: What the answer rests on where there is a value, if that is less than what it was asked for with:
                a part of it, which no revision moves that is not higher than all that the whole had before.
        """
        wanted = {key: self.version(subject) for key, subject in subjects.items()}
        found = await self.services.tiers.get_many(noun, wanted, load, fresh=is_fresh or self.is_fresh)
        for key, one in found.items():
            self.services.demand.asked(noun.name, key)
            if not isinstance(one.value, Exception):
                part = subjects[key] if narrowed is None or one.value is None else narrowed(one.value)
                for subject in (part,) if isinstance(part, str) else part:
                    self.trace.rests_on(subject, one.revision)
                self.trace.served(noun.name, one.tier, one.age)
        return found
