"""When the process looks for garbage among all that it holds."""

import gc
import sys
from collections.abc import Callable
from typing import Final

_NEVER: Final = 1_000_000


class Garbage:
    """
    Looks through everything only when there is a lot more than the last time.

    Reference counts free what is dropped; the collector is for what refers to itself. Python has it look through all
    objects whenever a quarter as many have come since the last time, wherever those are now. With a thousand streams
    that is every few seconds, because each event takes the place of an older one, and takes 130 ms, in which nobody is
    told anything. Here it is only what has come and stayed that counts. What is young is looked through as ever, and
    cycles that live long can take *growth* of the memory of everything else.

    Args:
        growth: By how much of what there was the number of blocks has to have grown.
        blocks: How many blocks of memory objects take; it has to be cheap.
    """

    def __init__(
        self,
        *,
        growth: float = 0.5,
        blocks: Callable[[], int] = sys.getallocatedblocks,
        collect: Callable[[], object] = gc.collect,
    ) -> None:
        self._growth = growth
        self._blocks = blocks
        self._collect = collect
        self._after = 0

    def start(self) -> None:
        """Takes over from Python, with what was made until now kept for good: modules, the schema."""
        gc.collect()
        gc.freeze()
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _NEVER)
        self._after = self._blocks()

    def look(self) -> bool:
        """Looks for garbage, if it is time to, and says whether it did."""
        if self._blocks() <= self._after * (1 + self._growth):
            return False
        self._collect()
        self._after = self._blocks()
        return True
