"""What a worker knows of an interval beside the bars of the series that it computes."""

from collections.abc import Mapping
from datetime import UTC, datetime

from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import Subject
from resolvers.engine.batch import subject_of
from resolvers.engine.learning import Held, Learning
from resolvers.engine.mirror import Mirror
from resolvers.engine.mirrored import MirroredSeries
from resolvers.engine.plan import Plan
from resolvers.engine.pool import Threads
from resolvers.engine.surroundings import Surroundings
from resolvers.model.interval import Interval
from resolvers.storage.pool import Pool

_ALL = float("inf")


class Knowledge:
    """The others and the fits of an interval, made anew when bars need to know them otherwise."""

    def __init__(self, pool: Pool, plan: Plan, mirror: Mirror, threads: Threads, interval: Interval) -> None:
        self._plan = plan
        self._mirror = mirror
        self._threads = threads
        self._interval = interval
        self._learning = Learning(pool, plan, threads, interval)
        self._surroundings: Surroundings | None = None
        self._judge: Judge | None = None
        self._contexts: dict[int, tuple[tuple[int, int], bytes]] = {}

    def held(self, now: float) -> Held:
        """The series of the interval, and how many of their bars are over at *now* (unix seconds, less the grace)."""
        return [(one, one.closed(now)) for one in self._mirror.of(self._interval)]

    async def of(self, held: Held, newest: float = _ALL) -> tuple[Surroundings, Judge]:
        """
        What bars of up to the time *newest* (unix seconds) have to know.

        Raises:
            Unavailable: If PostgreSQL does not answer.
        """
        made = self._surroundings
        if made is None or made.serves_until(held, self._mirror.changed[self._interval]) < newest:
            bars = {one.stored.instrument_id: (one.stored.symbol, one.bars[:count]) for one, count in held}
            self._mirror.noted(self._interval)
            made = await self._threads(lambda: Surroundings(self._plan.panel, self._interval, bars))
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


def _number(series: MirroredSeries) -> int:
    return series.stored.instrument_id


def _state(series: MirroredSeries, count: int) -> tuple[int, int]:
    return series.stored.revision, count


def _year(time: float) -> int:
    return datetime.fromtimestamp(time, UTC).year
