"""What a worker knows of a market beside the bars of the series that it computes."""

from collections.abc import Mapping

from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import Subject
from resolvers.engine.batch import subject_of
from resolvers.engine.learning import Held, Learning
from resolvers.engine.mirror import Mirror
from resolvers.engine.mirrored import MirroredSeries
from resolvers.engine.plan import Plan
from resolvers.engine.pool import Threads
from resolvers.engine.surroundings import Surroundings
from resolvers.model.market import Market
from resolvers.storage.pool import Pool

_ALL = float("inf")
_LEFT = float("-inf")


class Knowledge:
    """The others and the fits of a market, made anew when bars need to know them otherwise."""

    def __init__(self, pool: Pool, plan: Plan, mirror: Mirror, threads: Threads, market: Market) -> None:
        self._plan = plan
        self._mirror = mirror
        self._threads = threads
        self._market = market
        self._learning = Learning(pool, plan, threads, market)
        self._surroundings: Surroundings | None = None
        self._judge: Judge | None = None
        self._contexts: dict[int, tuple[tuple[int, int], bytes]] = {}

    def held(self, now: float) -> Held:
        """The series of the market, and how many of their bars are over at *now* (unix seconds, less the grace)."""
        return [(one, one.closed(now)) for one in self._mirror.in_market(self._market)]

    async def of(self, held: Held, newest: float = _ALL) -> tuple[Surroundings, Judge]:
        """
        What bars of up to the time *newest* (unix seconds) have to know.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        made, changed = self._surroundings, self._mirror.changed[self._market]
        if made is None or made.serves_until(held, changed) < newest:
            bars = {one.stored.instrument_id: (one.stored.symbol, one.bars[:count]) for one, count in held}
            if _LEFT in changed.values():
                self._learning.forget()
            self._mirror.noted(self._market)
            made = await self._threads(lambda: Surroundings(self._plan.panel, self._market.interval, bars))
            self._surroundings, self._contexts = made, {}

        def subjects() -> Mapping[int, Subject]:
            return {one.stored.instrument_id: subject_of(one, count, self._plan, made) for one, count in held}

        judge = await self._learning.judge(held, subjects)
        if judge is not self._judge:
            self._judge, self._contexts = judge, {}
        return made, judge

    async def prepare(self, now: float) -> None:
        """
        Gets ready for the next bars while there is time, and works out what all series rest on by now.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        held = self.held(now)
        if not any(count for _, count in held):
            return
        surroundings, judge = await self.of(held)
        late = [one for one in held if self._contexts.get(_number(one[0]), (None,))[0] != _state(*one)]
        if late:
            self._contexts |= await self._threads(
                lambda: {
                    _number(one): (_state(one, count), surroundings.context(one, count, judge)) for one, count in late
                }
            )

    def contexts(self, now: float) -> dict[int, bytes]:
        """What series rest on that are as they were when that was worked out; the others are claimed anyway."""
        states = {_number(one): _state(one, count) for one, count in self.held(now)}
        return {number: found for number, (state, found) in self._contexts.items() if states.get(number) == state}


def _number(series: MirroredSeries) -> int:
    return series.stored.instrument_id


def _state(series: MirroredSeries, count: int) -> tuple[int, int]:
    return series.stored.revision, count
