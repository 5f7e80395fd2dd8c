"""Both markets of an interval, each with what is known in it alone."""

from datetime import UTC, datetime

from resolvers.engine.knowledge import Knowledge
from resolvers.engine.mirror import Mirror
from resolvers.engine.plan import Plan
from resolvers.engine.pool import Threads
from resolvers.model.interval import Interval
from resolvers.model.market import Market
from resolvers.storage.pool import Pool


class Markets:
    """
    The real market and the simulated one: nothing is known in the one because of the other.

    Attributes:
        known: What is known, by market; the real one is the first.
    """

    def __init__(self, pool: Pool, plan: Plan, mirror: Mirror, threads: Threads, interval: Interval) -> None:
        self._plan = plan
        self._mirror = mirror
        self._interval = interval
        both = (Market(interval, is_simulated) for is_simulated in (False, True))
        self.known = {market: Knowledge(pool, plan, mirror, threads, market) for market in both}

    async def prepare(self, now: float) -> None:
        """As `Knowledge.prepare`, of both."""
        for known in self.known.values():
            await known.prepare(now)

    def contexts(self, now: float) -> dict[int, bytes]:
        """As `Knowledge.contexts`, of both."""
        return {number: context for known in self.known.values() for number, context in known.contexts(now).items()}

    def years(self, now: float) -> set[int]:
        """In which closed bars lie of which signals are wanted."""
        bars = [one.bars.time[-self._plan.history - 1 :] for one in self._mirror.of(self._interval) if len(one.bars)]
        ends = {_year(now)}
        for time in bars:
            ends |= set(range(_year(int(time[0])), _year(int(time[-1])) + 1))
        return ends

    def bars_each(self) -> float:
        """Of how many bars of a series signals are wanted, on average; at least one."""
        bars = [min(len(one.bars), self._plan.history) for one in self._mirror.of(self._interval)]
        return max(sum(bars) / max(len(bars), 1), 1.0)


def _year(time: float) -> int:
    return datetime.fromtimestamp(time, UTC).year
