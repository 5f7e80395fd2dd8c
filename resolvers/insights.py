"""Insights, as a query asks for them."""

from functools import lru_cache

import numpy as np

from resolvers.compute.insights.basis import basis_of, similarity
from resolvers.compute.insights.facts import COLUMNS, RANGE_BARS, market_facts
from resolvers.compute.insights.rules import words_by_rules
from resolvers.compute.rollup import bucket_starts
from resolvers.indicators import WindowIndicators, furthest, reach_of
from resolvers.loaders import Loaders
from resolvers.market import not_stored
from resolvers.model.facts import Facts
from resolvers.model.insight import Insight, InsightSource
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.session import DAY, SessionCalendar, week_starts
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalConditions, SignalPage
from resolvers.model.window import Reach, StoredWindow, WindowRequest

# How long an answer without the model's words is kept, while they are asked for and while they are not.
_COMING_SECONDS, _ABSENT_SECONDS = 1.0, 5.0

# One more than the longest range, because the last one may turn out to be open.
_BARS = RANGE_BARS + 1


async def insight_of_instrument(loaders: Loaders, instrument: Instrument, interval: Interval) -> Insight | None:
    """
    What is to be said of the newest closed bar, and of the latest signal; None for fewer than 50 closed bars.

    Raises:
        NotFound: If other intervals are stored, but not this one.
    """
    stored = await loaders.window.load(_request(loaders, instrument, interval))
    if stored is None:
        if await loaders.intervals.load(instrument.id):
            raise await not_stored(loaders, instrument, interval)
        return None
    conditions = SignalConditions(instrument_ids=(instrument.id,), interval=interval, is_of_present=True)
    found = await loaders.signals.load(SignalPage(conditions=conditions, first=1))
    signal = found[0] if found and not found[0].is_cancelled else None
    facts = _facts(loaders, instrument, stored, signal, of_signal=False)
    return None if facts is None else await _told(loaders, facts)


async def insight_of_signal(loaders: Loaders, signal: Signal) -> Insight | None:
    """What was to be said of a signal at its bar, from closed bars up to it; None for fewer than 50 of them."""
    instrument = await loaders.instrument_by_name.load(signal.symbol)
    if instrument is None:
        return None
    stored = await loaders.window.load(_request(loaders, instrument, signal.interval, up_to=signal.time))
    facts = None if stored is None else _facts(loaders, instrument, stored, signal, of_signal=True)
    return None if facts is None else await _told(loaders, facts)


async def _told(loaders: Loaders, facts: Facts) -> Insight:
    """The words of a model where there are some, else those of the rules."""
    if loaders.services.wording is None:
        return _by_rules(loaders, facts)
    worded = await loaders.words.load(facts)
    now = loaders.services.clock()
    if worded is None or worded.words is None:
        # The next to ask may be told more.
        coming = worded is not None and worded.is_coming
        loaders.trace.holds_until(now + (_COMING_SECONDS if coming else _ABSENT_SECONDS))
        return _by_rules(loaders, facts)
    held = worded.words
    if worded.is_new:
        # Whoever asks next was not waited for, so that is another answer.
        loaders.trace.holds_until(now)
    else:
        loaders.trace.holds_until(held.fresh_until if now < held.fresh_until else now + _COMING_SECONDS)
    is_same = held.fingerprint == facts.fingerprint
    found = InsightSource.MODEL if worded.is_new else InsightSource.REPEATED
    return Insight(
        words=held.words,
        regime=facts.regime,
        source=found if is_same else InsightSource.SIMILAR,
        similarity=1.0 if is_same else similarity(held, facts),
        basis=basis_of(held, facts),
        made_at=held.made_at,
        present=_present(facts),
    )


def _by_rules(loaders: Loaders, facts: Facts) -> Insight:
    return Insight(
        words=words_by_rules(facts),
        regime=facts.regime,
        source=InsightSource.RULES,
        similarity=None,
        basis=f"Rules, applied to the closed {facts.interval.name} bar of {facts.bar}.",
        made_at=loaders.services.clock(),
        present=_present(facts),
    )


def _present(facts: Facts) -> dict[str, float]:
    return {one.name: one.value for one in facts.numbers}


def _request(
    loaders: Loaders, instrument: Instrument, interval: Interval, *, up_to: int | None = None
) -> WindowRequest:
    """
    The window of closed bars; nothing in it changes with a trade.

    Args:
        up_to: The last bar that may be in it.
    """
    now = loaders.services.clock() - loaders.services.bar_grace_seconds
    end, changes_at = _open_from(interval, instrument.spec.sessions, _step(interval, now))
    if up_to is None or up_to >= end:
        loaders.trace.holds_until(changes_at + loaders.services.bar_grace_seconds)
    else:
        end = up_to + 1
    return WindowRequest(
        instrument_id=instrument.id,
        interval=interval,
        start=None,
        end=end,
        last=_BARS,
        limit=loaders.services.max_bars,
        reach=_reach(interval),
    )


def _step(interval: Interval, now: float) -> int:
    """The last moment before which all bars may be closed: sessions begin at whole minutes."""
    step = interval.seconds if interval.is_intraday else 60
    return int(now) // step * step


@lru_cache(maxsize=1024)
def _open_from(interval: Interval, sessions: SessionCalendar, moment: int) -> tuple[int, int]:
    """From when on bars are not closed at *moment*, and when that will be another time; in unix seconds."""
    if interval.is_intraday:
        return moment, moment + interval.seconds
    running = int(bucket_starts(Interval.D1, np.array([moment]), sessions)[0])
    if interval is Interval.W1:
        running = int(week_starts(np.array([running // DAY]))[0]) * DAY
    days = interval.seconds // DAY
    return running, sessions.session_end(running // DAY + days - 1)


@lru_cache(maxsize=len(Interval))
def _reach(interval: Interval) -> Reach:
    """How far before a bar its facts look."""
    return furthest(*(reach_of(one.indicator, one.arguments, interval) for one in COLUMNS.values()))


def _facts(
    loaders: Loaders, instrument: Instrument, stored: StoredWindow, signal: Signal | None, *, of_signal: bool
) -> Facts | None:
    bars = stored.bars[stored.offset :] if stored.offset else stored.bars
    interval, at = stored.state.interval, len(bars) - 1
    now = loaders.services.clock() - loaders.services.bar_grace_seconds
    # A bar that begins between the steps of its interval, as at 09:30, may end later than the step that it is before.
    if at >= 0 and interval.is_intraday and int(bars.time[at]) + interval.seconds > now:
        loaders.trace.holds_until(int(bars.time[at]) + interval.seconds + loaders.services.bar_grace_seconds)
        at -= 1
    if at < 0:
        return None
    return market_facts(
        symbol=instrument.symbol,
        interval=interval,
        bars=bars,
        values=WindowIndicators(stored, instrument.spec.sessions).values,
        at=at,
        signal=signal,
        of_signal=of_signal,
    )
