"""What readers saw, and whether any of it was older than it may have been."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.histories import History, Position, Question


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """
    One answer about one subject.

    Attributes:
        process: Who answered; *heard* is how far it had heard of events when it was asked.
        own: The newest version that this process had acknowledged before it was asked; -1 for none.
        after: The position that the client gave, if it gave one.
        given: The newest version that had been given to any process when the answer came.
        newest: The newest version that was acknowledged by any process before the question.
        is_held: Whether the process's reader was held.
    """

    history: History
    question: Question
    answer: Any
    process: int
    heard: Position
    own: int
    after: Position | None
    given: int
    newest: int
    is_held: bool

    def least(self) -> int:
        """The oldest version that may answer."""
        heard = max(self.history.heard(self.heard), self.own)
        return heard if self.after is None else max(heard, self.history.heard(self.after))

    def version(self) -> int | None:
        """The newest version that the answer can be from; None if there is none."""
        for number in range(self.given, -1, -1):
            if self.question.expected(self.history.versions[number].state) == self.answer:
                return number
        return None


def faults(observations: Sequence[Observation]) -> Iterator[str]:
    """What was wrong. Called when all writes are acknowledged, so that it is known what was heard when."""
    for one in observations:
        version, least = one.version(), one.least()
        name = f"{one.history.symbol} from process {one.process}{' whose reader was held' * one.is_held}"
        if version is None:
            yield f"{name}: no version there ever was, {one.answer!r} to {one.question.field}"
        elif version < least:
            yield (
                f"{name}: version {version} after it had heard of {one.history.heard(one.heard)},"
                f" acknowledged {one.own}, and was asked for"
                f" {one.history.heard(one.after) if one.after is not None else 'any'}: {one.question.field}"
            )


def behind(observations: Sequence[Observation]) -> int:
    """How many answers were older than what some process had acknowledged before, as they may be by moments."""
    return sum((version := one.version()) is not None and version < one.newest for one in observations)
