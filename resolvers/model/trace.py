"""What an operation's answer rests on."""

import math


class Trace:
    """
    Notes of all reads of one operation.

    Attributes:
        revisions: Each subject that was read, with the lowest revision that was used of it. While none of them moves
            past that, the same reads give the same values.
        until: When the answer changes by itself, because something in it follows the clock; in unix seconds.
        tiers: How many values each tier gave, by noun and tier, and the age of the oldest in seconds.
    """

    __slots__ = ("revisions", "tiers", "until")

    def __init__(self) -> None:
        self.revisions: dict[str, int] = {}
        self.until = math.inf
        self.tiers: dict[tuple[str, str], tuple[int, float]] = {}

    def rests_on(self, subject: str, revision: int) -> None:
        """Notes that something was read of *subject* at *revision*."""
        known = self.revisions.get(subject)
        if known is None or revision < known:
            self.revisions[subject] = revision

    def holds_until(self, moment: float) -> None:
        """Notes that what was read is said otherwise from *moment* on."""
        self.until = min(self.until, moment)

    def served(self, noun: str, tier: str, age: float) -> None:
        """Notes that *tier* gave a value which was read from storage *age* seconds ago."""
        count, oldest = self.tiers.get((noun, tier), (0, 0.0))
        self.tiers[noun, tier] = (count + 1, max(oldest, age))
