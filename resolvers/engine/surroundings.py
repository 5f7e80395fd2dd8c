"""What signals rest on beside the bars of their series: how it stood among others, and what was learnt of scores."""

from collections.abc import Collection, Mapping
from hashlib import blake2b

import numpy as np

from resolvers.compute.agents.panel import Panel
from resolvers.compute.agents.universe import Member, Universe
from resolvers.compute.engine.anchors import anchor
from resolvers.compute.engine.signals import Judge
from resolvers.engine.mirrored import MirroredSeries
from resolvers.model.bars import Bars
from resolvers.model.interval import Interval

_SIZE = 16


class Surroundings:
    """
    The universe of the closed bars of a market, as it was at a moment.

    It serves all bars that are no later than the first one that has changed, or was closed, since: nobody looks at
    anything but what was completed before its bar.

    Args:
        bars: The closed ones of all series of the market with their symbols, by instrument.
    """

    def __init__(self, panel: Panel, interval: Interval, bars: Mapping[int, tuple[str, Bars]]) -> None:
        self._interval = interval
        self._universe = Universe.of({symbol: one for symbol, one in bars.values() if len(one)})
        self._newest = {number: int(one.time[-1]) for number, (_, one) in bars.items() if len(one)}
        # Which standings agents look at is theirs to say: one that looks at bars has asked for them.
        symbol, longest = max(bars.values(), key=lambda one: len(one[1]), default=("", Bars.empty()))
        panel.votes(longest, self._universe.member(symbol))
        self._looked_at = self._universe.asked

    def member(self, symbol: str) -> Member | None:
        """The instrument among the others."""
        return self._universe.member(symbol)

    def serves_until(self, held: Collection[tuple[MirroredSeries, int]], changed: Mapping[int, float]) -> float:
        """
        Bars of up to this time (unix seconds) are judged as if it had just been made; infinite where all are.

        Args:
            held: All series of the market, and how many of their bars are closed now.
            changed: By instrument, from which time on bars have changed since it was made.
        """
        # Bars that were open then are not in it, however often they change.
        late = [first for number, first in changed.items() if first <= self._newest.get(number, -np.inf)]
        for one, count in held:
            newest = self._newest.get(one.stored.instrument_id)
            time = one.bars.time
            if count and newest != time[count - 1]:
                place = 0 if newest is None else int(np.searchsorted(time, newest, side="right"))
                late.append(float(time[min(place, count - 1)]))
        return min(late, default=float("inf"))

    def context(self, series: MirroredSeries, count: int, judge: Judge) -> bytes:
        """A hash of all that signals of the first *count* bars of a series rest on beside them."""
        stored = series.stored
        said = blake2b(repr((stored.symbol, stored.calendar, stored.trades_daily)).encode(), digest_size=_SIZE)
        if not count:
            return said.digest()
        last = int(series.bars.time[count - 1])
        said.update(judge.known_before(last))
        member = self._universe.member(stored.symbol)
        if member is not None:
            since = anchor(self._interval, last)
            times = self._universe.times
            first = 0 if since is None else int(np.searchsorted(times, since))
            end = int(np.searchsorted(times, last))
            said.update(times[first:end].tobytes())
            for lookback, skip in self._looked_at:
                said.update(self._universe.standings(lookback, skip)[member.column, first:end].tobytes())
        return said.digest()
