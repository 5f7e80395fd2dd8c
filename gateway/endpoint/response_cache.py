"""Answers to whole operations, kept while nothing that they were made of has moved."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from gateway.endpoint.compression import packed, packed_beside
from resolvers.model.revisions import Revisions


@dataclass(slots=True, eq=False)
class Answer:
    """
    One answer, in each form that was asked for.

    Attributes:
        body: As JSON.
        made: When, and *until* when it may be kept, both in unix seconds.
        subjects: What it was made of, each with the revision that was used.
        moves: `Revisions.moves` at the last time all of them were found to stand.
    """

    body: bytes
    made: float = 0.0
    until: float = 0.0
    subjects: Mapping[str, int] = field(default_factory=dict)
    moves: int = -1
    _packed: bytes | None = None
    _etag: bytes | None = None

    @property
    def packed(self) -> bytes:
        """The body by gzip, which is made once."""
        if self._packed is None:
            self._packed = packed(self.body)
        return self._packed

    async def in_gzip(self) -> bytes:
        """The same; a large body is compressed beside the event loop."""
        if self._packed is None:
            self._packed = await packed_beside(self.body)
        return self._packed

    @property
    def etag(self) -> bytes:
        """
        A hash of the content, for ``ETag``.

        It is a weak one, because the plain and the compressed body share it.
        """
        if self._etag is None:
            self._etag = b'W/"%s"' % blake2b(self.body, digest_size=16).hexdigest().encode()
        return self._etag

    @property
    def size_bytes(self) -> int:
        """About what it takes, the compressed body included that may not be made yet: a fourth, as a rule."""
        return len(self.body) * 5 // 4 + 100 * len(self.subjects) + 500


@dataclass(slots=True)
class Counts:
    """
    What became of lookups and of answers. While nothing is under way:

        asked for = hits + waits + misses + abandoned
        misses    = stored + unkept
        stored    = kept now + dropped_moved + dropped_aged + dropped_for_room + dropped_replaced + dropped_in_resets

    Whoever finds an answer by the bytes of a request, before anything is parsed, counts a hit; who does not has not
    asked yet.

    Attributes:
        hits: Given again.
        waits: Shared an execution that was under way.
        misses: Executed.
        abandoned: Went away while they waited for the execution of another.
        stored: Kept after the execution.
        unkept: Not: it failed, was given up, is not for everybody, has no life, is too large, or has moved meanwhile.
        dropped_moved, dropped_aged: Found to be of an old revision, or too old.
        dropped_for_room: Not asked for as long as the others.
        dropped_replaced: Made anew while it was kept.
        dropped_in_resets: When everything was forgotten.
    """

    hits: int = 0
    waits: int = 0
    misses: int = 0
    abandoned: int = 0
    stored: int = 0
    unkept: int = 0
    dropped_moved: int = 0
    dropped_aged: int = 0
    dropped_for_room: int = 0
    dropped_replaced: int = 0
    dropped_in_resets: int = 0


class ResponseCache:
    """
    The answers of one process.

    Args:
        revisions: What the process knows of the subjects' revisions.
        clock: The present in unix seconds.
        max_bytes: About what all answers may take.
    """

    def __init__(self, revisions: Revisions, *, clock: Callable[[], float], max_bytes: int) -> None:
        self.counts = Counts()
        self._revisions = revisions
        self._clock = clock
        self._max_bytes = max_bytes
        # Raised when everything is forgotten, so that what was begun before is not kept.
        self._era = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._flights: dict[Hashable, asyncio.Future[Answer | None]] = {}
        self.size_bytes = 0

    def __len__(self) -> int:
        """How many answers are kept."""
        return len(self._answers)

    def is_current(self, answer: Answer) -> bool:
        """Whether an answer may be given: nobody has told that a subject moved since, and it is not too old."""
        if answer.until <= self._clock() or not self._revisions.is_followed:
            return False
        moves = self._revisions.moves
        if answer.moves != moves:
            of = self._revisions.of
            if any(of(subject) > revision for subject, revision in answer.subjects.items()):
                return False
            answer.moves = moves
        return True

    def get(self, key: Hashable) -> Answer | None:
        """The answer kept as *key*, if it may be given."""
        answer = self._answers.get(key)
        if answer is None:
            return None
        if not self.is_current(answer):
            self._drop(key)
            if answer.until <= self._clock():
                self.counts.dropped_aged += 1
            else:
                self.counts.dropped_moved += 1
            return None
        self._answers.move_to_end(key)
        return answer

    async def answer(self, key: Hashable, make: Callable[[], Awaitable[Answer | None]]) -> Answer | None:
        """
        The answer of *key*: kept, of an execution that is under way, or made.

        *make* returns None for an answer that is not to be shared, and deals with it itself; whoever waited for it
        makes an answer of its own. What was made of something that has moved meanwhile is given to who has made it, and
        to nobody who came later:

            first                       writer                  second
            asks, reads revision 7
                                        moves to revision 8
                                                                hears of 8, asks, waits
            is answered from 7
                                                                may not be, and executes
        """
        while True:
            kept = self.get(key)
            if kept is not None:
                self.counts.hits += 1
                return kept
            flight = self._flights.get(key)
            if flight is None:
                break
            try:
                # Whoever is cancelled while waiting cancels nobody else.
                shared = await asyncio.shield(flight)
            except asyncio.CancelledError:
                self.counts.abandoned += 1
                raise
            if shared is not None and self.is_current(shared):
                self.counts.waits += 1
                return shared
            if flight is self._flights.get(key):
                del self._flights[key]
        self.counts.misses += 1
        return await self._made(key, make)

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[Answer | None]]) -> Answer | None:
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        era, answer, shared = self._era, None, None
        try:
            answer = await make()
            # After a restored backup revisions come again, and those of before it would look current.
            shared = answer if era == self._era else None
        finally:
            # Also when it was cancelled or has failed: those who wait see that there is nothing to share.
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.set_result(shared)
            if shared is None or not self._is_put(key, shared):
                self.counts.unkept += 1
        return answer

    def _is_put(self, key: Hashable, answer: Answer) -> bool:
        """Keeps an answer; whether it may be."""
        if answer.size_bytes > self._max_bytes or not self.is_current(answer):
            return False
        self.counts.dropped_replaced += self._drop(key)
        self._answers[key] = answer
        self.size_bytes += answer.size_bytes
        self.counts.stored += 1
        while self.size_bytes > self._max_bytes:
            self.counts.dropped_for_room += self._drop(next(iter(self._answers)))
        return True

    def clear(self) -> None:
        """Forgets all answers, those that are being made included."""
        self._era += 1
        self.counts.dropped_in_resets += len(self._answers)
        self._answers.clear()
        self._flights.clear()
        self.size_bytes = 0

    def _drop(self, key: Hashable) -> bool:
        """Forgets *key*; whether it was kept."""
        answer = self._answers.pop(key, None)
        if answer is None:
            return False
        self.size_bytes -= answer.size_bytes
        return True
