"""How much one operation may read."""

from resolvers.errors import TooLarge


class ReadBudget:
    """
    How many bars may still be read.

    An indicator that looks back to the first bar costs a short window as much as a long one, so the windows alone
    do not bound what an operation reads. A window that is held already takes as much as one that is read, so that
    the answer to an operation does not depend on what others have asked before it.

    Attributes:
        left: How many bars may still be read.
    """

    __slots__ = ("_all", "left")

    def __init__(self, bars: int) -> None:
        self._all = self.left = bars

    def refusal(self, bars: int) -> TooLarge | None:
        """None, and *bars* are taken from the budget; or why they may not be read."""
        if bars <= self.left:
            self.left -= bars
            return None
        return TooLarge(
            f"one operation reads at most {self._all} bars, those that its indicators look back to included;"
            f" {self.left} are left, and this window takes up to {bars}"
        )
