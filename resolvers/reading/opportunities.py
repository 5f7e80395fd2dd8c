"""Rankings of opportunities, made in the process of what is held of signals and of the universe."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from resolvers.cache.found import Found, Loaded
from resolvers.compute.opportunities import ranking, universe_of
from resolvers.model.event import INSTRUMENTS, SIGNALS
from resolvers.model.opportunity import Choice, Ranking
from resolvers.model.signal import Signal
from resolvers.model.universe import NOTHING, Universe
from resolvers.reading.reads import MISSING, Missing, Reads
from resolvers.storage.active_signals import read_active_signals, read_changed_signals
from resolvers.storage.universe import read_traded

V = TypeVar("V")

_ALL = "all"


def held_ranking(reads: Reads, choice: Choice) -> Ranking | Missing:
    """The ranking, if the process holds it, nothing has told of anything newer, and the clock has not changed it."""
    if reads.is_fresh:
        return MISSING
    tiers, revisions = reads.services.tiers, reads.services.revisions
    now = tiers.clock()
    entry = tiers.memory(tiers.nouns.ranking).get(choice, revisions.of(SIGNALS), now)
    held = None if entry is None else entry.value
    if entry is None or held is None or held.universe_revision < revisions.of(INSTRUMENTS):
        return MISSING
    if held.until <= reads.services.clock():
        return MISSING
    tiers.counters.of("ranking").memory_hits += 1
    _rest_on(reads, held, now - entry.read_at)
    reads.trace.served("ranking", "memory", now - entry.read_at)
    return held


async def rankings(reads: Reads, choices: Sequence[Choice]) -> Mapping[Choice, Ranking]:
    """The rankings of *choices* as they are now, of one state of the signals and of the universe."""
    tiers = reads.services.tiers
    era = tiers.era
    if not reads.is_fresh:
        tiers.counters.of("ranking").memory_misses += len(choices)
    signals, universe = await _active_signals(reads), await _universe(reads)
    age = max(signals.age, universe.age)
    active, members = _given(signals) or (), _given(universe) or NOTHING
    now = reads.services.clock()
    found: dict[Choice, Ranking] = {}
    for choice in choices:
        made = found[choice] = ranking(
            active,
            members,
            choice,
            now,
            revision=signals.revision,
            universe_revision=universe.revision,
        )
        if tiers.era == era:
            tiers.hold(tiers.nouns.ranking, choice, made, signals.revision, tiers.clock() - age)
        _rest_on(reads, made, age)
    return found


async def universe(reads: Reads) -> Universe:
    """All instruments that are traded, with how much each of them is."""
    return _given(await _universe(reads)) or NOTHING


def _rest_on(reads: Reads, made: Ranking, age: float) -> None:
    """Notes what a ranking rests on, and that no answer is of a turnover longer ago than a ranking may be."""
    reads.trace.rests_on(SIGNALS, made.revision)
    reads.trace.rests_on(INSTRUMENTS, made.universe_revision)
    reads.trace.holds_until(
        min(made.until, reads.services.clock() + reads.services.tiers.nouns.ranking.life_seconds - age)
    )


async def _active_signals(reads: Reads) -> Found[tuple[Signal, ...]]:
    async def load(keys: Sequence[str]) -> dict[str, Loaded[tuple[Signal, ...]] | Exception]:
        return dict.fromkeys(keys, await _changed(reads) or await _anew(reads))

    return (await reads.found(reads.services.tiers.nouns.active_signals, {_ALL: SIGNALS}, load))[_ALL]


async def _anew(reads: Reads) -> Loaded[tuple[Signal, ...]]:
    read = await read_active_signals(reads.services.pool, reads.services.clock())
    return Loaded(read.value, read.revision)


async def _changed(reads: Reads) -> Loaded[tuple[Signal, ...]] | None:
    """What the process held before, with what has changed since; None where everything has to be read."""
    tiers = reads.services.tiers
    era, held = tiers.era, tiers.memory(tiers.nouns.active_signals).get(_ALL, 0, tiers.clock())
    if reads.is_fresh or held is None or held.value is None:
        return None
    read = await read_changed_signals(reads.services.pool, held.revision, reads.services.clock())
    if read is None or tiers.era != era:
        return None
    kept = [one for one in held.value if one.instrument_id not in read.instrument_ids]
    # As old as what is kept: nothing that was missed may live on by what came later.
    return Loaded((*kept, *read.signals), read.revision, read_at=held.read_at)


async def _universe(reads: Reads) -> Found[Universe]:
    pool = reads.services.pool

    async def load(keys: Sequence[str]) -> dict[str, Loaded[Universe] | Exception]:
        read = await read_traded(pool)
        return dict.fromkeys(keys, Loaded(universe_of(read.value), read.revision))

    return (await reads.found(reads.services.tiers.nouns.universe, {_ALL: INSTRUMENTS}, load))[_ALL]


def _given(found: Found[V]) -> V | None:
    """A value; errors are raised, which these loads have none of for single keys."""
    if isinstance(found.value, Exception):
        raise found.value
    return found.value
