"""Signals, one by one and by pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from resolvers.cache.found import Loaded
from resolvers.model.event import SIGNALS, signals_subject
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage
from resolvers.reading.reads import Missing, Reads
from resolvers.storage.signal_pages import (
    next_expiry,
    read_counts_of,
    read_pages_of,
    read_signal_count,
    read_signal_page,
    read_signals,
)

Signals = tuple[Signal, ...]


def held_signal(reads: Reads, key: SignalKey) -> Signal | Missing | None:
    """A signal, if the process holds it."""
    return reads.peeked(reads.services.tiers.nouns.signal, key, _subject_of(reads, key))


async def signals_by_key(reads: Reads, keys: Sequence[SignalKey]) -> Mapping[SignalKey, Signal | None]:
    """Signals by their keys; None for those that there are not."""
    pool = reads.services.pool
    subjects = {key: _subject_of(reads, key) for key in keys}

    async def load(keys: Sequence[SignalKey]) -> dict[SignalKey, Loaded[Signal] | Exception]:
        read = await read_signals(pool, keys)
        found: dict[SignalKey, Loaded[Signal] | Exception] = {}
        for key in keys:
            signal = read.value.get(key)
            if signal is None or subjects[key] == SIGNALS:
                found[key] = Loaded(signal, read.revision)
            else:
                found[key] = Loaded(signal, read.revisions[signal.instrument_id])
        return found

    noun = reads.services.tiers.nouns.signal
    found = await reads.found(noun, subjects, load, narrowed=lambda signal: signals_subject(signal.instrument_id))
    return {key: _given(one.value) for key, one in found.items()}


def _subject_of(reads: Reads, key: SignalKey) -> str:
    """
    The subject of a signal: its instrument, where the process holds any state of it, because that never is another one.

    Otherwise all signals: what it is about is known when it is read.
    """
    tiers = reads.services.tiers
    entry = tiers.memory(tiers.nouns.signal).get(key, 0, tiers.clock())
    return SIGNALS if entry is None or entry.value is None else signals_subject(entry.value.instrument_id)


async def signal_pages(reads: Reads, pages: Sequence[SignalPage]) -> Mapping[SignalPage, Signals]:
    """The signals of each page in its order; one more than asked for where there are more."""

    async def load(pages: Sequence[SignalPage]) -> dict[SignalPage, Loaded[Signals] | Exception]:
        return dict(await _read(reads, pages))

    steady = [page for page in pages if not page.conditions.follow_the_clock]
    moving = [page for page in pages if page.conditions.follow_the_clock]
    found: dict[SignalPage, Signals] = {}
    if steady:
        noun = reads.services.tiers.nouns.signals
        read = await reads.found(noun, {page: page.conditions.subjects for page in steady}, load)
        found |= {page: _given(one.value) or () for page, one in read.items()}
    if moving:
        # Nothing that is held of these is right a moment later.
        for page, one in (await _read(reads, moving)).items():
            _rest_on(reads, page.conditions, one.revision)
            found[page] = one.value or ()
        await _note_expiry(reads)
    return found


async def signal_counts(reads: Reads, wanted: Sequence[SignalConditions]) -> Mapping[SignalConditions, int]:
    """How many signals are meant by each of the conditions."""

    async def load(wanted: Sequence[SignalConditions]) -> dict[SignalConditions, Loaded[int] | Exception]:
        return dict(await _counted(reads, wanted))

    steady = [one for one in wanted if not one.follow_the_clock]
    moving = [one for one in wanted if one.follow_the_clock]
    found: dict[SignalConditions, int] = {}
    if steady:
        noun = reads.services.tiers.nouns.signal_count
        read = await reads.found(noun, {one: one.subjects for one in steady}, load)
        found |= {conditions: _given(one.value) or 0 for conditions, one in read.items()}
    if moving:
        for conditions, counted in (await _counted(reads, moving)).items():
            _rest_on(reads, conditions, counted.revision)
            found[conditions] = counted.value or 0
        await _note_expiry(reads)
    return found


async def _counted(reads: Reads, wanted: Sequence[SignalConditions]) -> dict[SignalConditions, Loaded[int]]:
    """Counts from storage: those that differ by their one instrument together."""
    pool, now = reads.services.pool, reads.services.clock()
    counted: dict[SignalConditions, Loaded[int]] = {}
    alike: dict[SignalConditions, list[int]] = {}
    for conditions in wanted:
        if conditions.instrument is not None:
            alike.setdefault(replace(conditions, instrument_ids=None), []).append(conditions.instrument)
            continue
        one = await read_signal_count(pool, conditions, now)
        counted[conditions] = Loaded(one.value, one.revision)
    for conditions, numbers in alike.items():
        each = await read_counts_of(pool, conditions, numbers, now)
        for number, count in each.value.items():
            counted[replace(conditions, instrument_ids=(number,))] = Loaded(count, each.revisions[number])
    return counted


async def _read(reads: Reads, pages: Sequence[SignalPage]) -> dict[SignalPage, Loaded[Signals]]:
    """Pages from storage: those that differ by their one instrument together."""
    pool, now = reads.services.pool, reads.services.clock()
    read: dict[SignalPage, Loaded[Signals]] = {}
    alike: dict[SignalPage, list[int]] = {}
    for page in pages:
        if page.conditions.instrument is not None:
            alike.setdefault(page.of_any(), []).append(page.conditions.instrument)
            continue
        one = await read_signal_page(pool, page, now)
        read[page] = Loaded(tuple(one.value), one.revision)
    for page, numbers in alike.items():
        each = await read_pages_of(pool, page, numbers, now)
        for number, signals in each.value.items():
            conditions = replace(page.conditions, instrument_ids=(number,))
            read[replace(page, conditions=conditions)] = Loaded(tuple(signals), each.revisions[number])
    return read


def _rest_on(reads: Reads, conditions: SignalConditions, revision: int) -> None:
    for subject in conditions.subjects:
        reads.trace.rests_on(subject, revision)


async def _note_expiry(reads: Reads) -> None:
    """Notes when the next signal expires, wherever it is listed."""
    moment = await next_expiry(reads.services.pool, reads.services.clock())
    if moment is not None:
        reads.trace.holds_until(moment.timestamp())


def _given(value: Any) -> Any:
    """A value; errors are raised, which these loads have none of for single keys."""
    if isinstance(value, Exception):
        raise value
    return value
