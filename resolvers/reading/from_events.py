"""Values that events bring along, held as if they had been read."""

import math
from collections.abc import Collection, Hashable
from typing import TypeVar

import numpy as np

from resolvers.cache.noun import Noun
from resolvers.cache.tiers import Tiers
from resolvers.model.bars import Bars
from resolvers.model.event import Event, EventKind, body_subject, series_subject
from resolvers.model.instrument import Source
from resolvers.model.interval import Interval
from resolvers.model.window import SeriesState
from resolvers.model.window_parts import NewestBar
from resolvers.storage.changed_quotes import quotes_told

V = TypeVar("V")


class FromEvents:
    """
    A listener that takes quotes and newest bars out of events, so that the next read after a tick reads nothing.

    They were written down in the transaction that raised the revision, so they are what a read at that revision finds.
    What nobody has asked for is only held where there is room, lest it displace what somebody asks for.
    """

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers

    def on_event(self, event: Event) -> None:
        """Holds what the event brings."""
        if event.kind is EventKind.QUOTES:
            for quote, told in zip(quotes_told(event), event.body.get("quotes", ()), strict=True):
                self._hold(self._tiers.nouns.quote, quote.instrument_id, quote, told["revision"])
        elif event.kind is EventKind.CANDLES and "series" in event.body:
            newest = _newest_bar(event)
            series = (newest.state.instrument_id, newest.state.interval)
            self._hold(self._tiers.nouns.newest, series, newest, newest.state.revision)

    def on_reset(self, kinds: Collection[EventKind]) -> None:
        """Leaves everything: what is held is of the revision that it says."""

    def on_status(self, kinds: Collection[EventKind], *, is_reachable: bool) -> None:
        """Leaves everything: whoever waits is told elsewhere."""

    def _hold(self, noun: Noun[V], key: Hashable, value: V, revision: int) -> None:
        memory = self._tiers.memory(noun)
        if key in memory or memory.has_room:
            self._tiers.hold(noun, key, value, revision, self._tiers.clock())


def _newest_bar(event: Event) -> NewestBar:
    body = event.body
    instrument_id, interval = body["series"]["id"], Interval[body["interval"]]
    time, *values = body["bar"]
    # What JSON cannot say is null there.
    prices = [np.array([math.nan if value is None else value], np.float64) for value in values]
    state = SeriesState(
        instrument_id=instrument_id,
        interval=interval,
        source=Source(body["series"]["source"]),
        revision=event.revisions[series_subject(instrument_id, interval)],
        first_time=body["series"]["firstTime"],
        last_time=time,
        body_revision=event.revisions[body_subject(instrument_id, interval)],
    )
    opened, high, low, close, volume = prices
    bars = Bars(time=np.array([time], np.int64), open=opened, high=high, low=low, close=close, volume=volume)
    return NewestBar(state=state, bars=bars)
