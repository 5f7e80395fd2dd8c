"""Windows of bars, held in two parts, and whole as long as neither has changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

from resolvers.cache.found import Beside, Found, Loaded
from resolvers.errors import TooLarge
from resolvers.model.event import body_subject, series_subject
from resolvers.model.interval import Interval
from resolvers.model.window import StoredWindow, WindowRequest
from resolvers.model.window_parts import NewestBar, WindowBody, joined, parted
from resolvers.reading.reads import MISSING, Missing, Reads
from resolvers.storage.newest_bars import newest_bars
from resolvers.storage.windows import read_windows

SeriesName = tuple[int, Interval]


class _Unread(Exception):
    """A window that did not fit into the budget of whoever loaded it; that of others may be larger."""

    def __init__(self, read_bars: int) -> None:
        super().__init__(read_bars)
        self.read_bars = read_bars


def held_window(reads: Reads, request: WindowRequest) -> StoredWindow | Missing:
    """
    The window, if the process holds it whole; it is taken from the budget as if it was read.

    Raises:
        TooLarge: If it is over the budget.
    """
    window = _held(reads, request)
    if isinstance(window, StoredWindow):
        refusal = reads.budget.refusal(window.read_bars)
        if refusal is not None:
            raise refusal
    return window


async def windows(
    reads: Reads, requests: Sequence[WindowRequest]
) -> Mapping[WindowRequest, StoredWindow | TooLarge | None]:
    """
    What is stored for each request; None where the series does not exist, an error for what is over the budget.

    The budget is settled when all is there, in the order of the requests. So what an operation is refused depends
    neither on what was held, nor on whose load has brought it.
    """
    found: dict[WindowRequest, StoredWindow | _Unread | None] = {}
    missing = []
    for request in requests:
        held = _held(reads, request)
        if isinstance(held, Missing):
            missing.append(request)
            reads.services.demand.asked("window", request)
        else:
            found[request] = held
    if missing:
        if not reads.is_fresh:
            reads.services.tiers.counters.of("window").memory_misses += len(missing)
        found |= await _assembled(reads, missing)
    answers: dict[WindowRequest, StoredWindow | TooLarge | None] = {}
    unread = []
    for request in dict.fromkeys(requests):
        one = found[request]
        refusal = None if one is None else reads.budget.refusal(one.read_bars)
        if refusal is None and isinstance(one, _Unread):
            unread.append(request)
        else:
            answers[request] = refusal or one  # type: ignore[assignment]
    if unread:
        # Somebody else's budget was smaller, or windows before these were refused and have left room.
        answers |= await _whole(reads, unread)
    return answers


def _held(reads: Reads, request: WindowRequest) -> StoredWindow | Missing:
    """The whole window, if the process holds it and no event has told of anything newer."""
    if reads.is_fresh:
        return MISSING
    tiers, revisions = reads.services.tiers, reads.services.revisions
    now = tiers.clock()
    entry = tiers.memory(tiers.nouns.window).get(request, 0, now)
    if entry is None or entry.value is None:
        return MISSING
    window = entry.value
    if window.reaches_newest:
        subject, revision = series_subject(request.instrument_id, request.interval), window.state.revision
    else:
        subject, revision = body_subject(request.instrument_id, request.interval), window.state.body_revision
    if revision < revisions.of(subject):
        return MISSING
    tiers.counters.of("window").memory_hits += 1
    reads.services.demand.asked("window", request)
    reads.trace.rests_on(subject, revision)
    reads.trace.served("window", "memory", now - entry.read_at)
    return window


async def _assembled(
    reads: Reads, requests: Sequence[WindowRequest]
) -> dict[WindowRequest, StoredWindow | _Unread | None]:
    """The windows, from parts that are held or from storage."""
    tiers = reads.services.tiers
    era = tiers.era
    load = _Load(reads, most_bars=reads.budget.left)
    bodies = await reads.found(tiers.nouns.body, {one: _body_subject(one) for one in requests}, load.bodies)
    # What was read just now is whole already, and its newest bar is of the same snapshot.
    apart = {
        (one.instrument_id, one.interval): series_subject(one.instrument_id, one.interval)
        for one in requests
        if one not in load.whole and isinstance(body := bodies[one].value, WindowBody) and body.reaches_newest
    }
    newest = await reads.found(tiers.nouns.newest, apart, load.newest) if apart else {}
    answers: dict[WindowRequest, StoredWindow | _Unread | None] = {}
    torn = []
    for request in requests:
        found = bodies[request]
        if isinstance(found.value, _Unread) or found.value is None:
            answers[request] = found.value
            continue
        if isinstance(found.value, Exception):
            raise found.value
        bar = newest.get((request.instrument_id, request.interval))
        window = load.whole.get(request) or _joined(reads, request, found.value, bar)
        if window is None:
            torn.append(request)
        else:
            age = max(found.age, bar.age if bar is not None else 0.0)
            answers[request] = _kept(reads, request, window, age, era)
    # The body was read before a change, and the newest bar after it.
    return answers | (await _whole(reads, torn) if torn else {})


def _joined(
    reads: Reads, request: WindowRequest, body: WindowBody, newest: Found[NewestBar] | None
) -> StoredWindow | None:
    """The parts as one; what others have joined meanwhile is as good, and has more made of it."""
    bar = None if newest is None or isinstance(newest.value, Exception) else newest.value
    state = body.state if bar is None or not body.reaches_newest else bar.state
    tiers = reads.services.tiers
    entry = None if reads.is_fresh else tiers.memory(tiers.nouns.window).get(request, state.revision, tiers.clock())
    if entry is not None and entry.value is not None and entry.value.state.body_revision == body.state.body_revision:
        return entry.value
    return joined(body, bar)


async def _whole(reads: Reads, requests: Sequence[WindowRequest]) -> dict[WindowRequest, StoredWindow | None]:
    """The windows from storage, each from one snapshot, whatever is held of them."""
    era = reads.services.tiers.era
    load = _Load(reads, most_bars=None)
    subjects = {one: _body_subject(one) for one in requests}
    await reads.found(reads.services.tiers.nouns.body, subjects, load.bodies, is_fresh=True)
    return {
        request: _kept(reads, request, window, 0.0, era) if (window := load.whole.get(request)) is not None else None
        for request in requests
    }


def _kept(reads: Reads, request: WindowRequest, window: StoredWindow, age: float, era: int) -> StoredWindow:
    """
    Notes what a window rests on, and lets the process hold it, with all that will be made of it.

    Args:
        age: How long ago the older of its parts was read, in seconds.
        era: In which the read has begun.
    """
    if window.reaches_newest:
        subject = series_subject(request.instrument_id, request.interval)
        reads.trace.rests_on(subject, window.state.revision)
    tiers = reads.services.tiers
    memory = tiers.memory(tiers.nouns.window)
    held = memory.get(request, window.state.revision, tiers.clock())
    if tiers.era == era and (held is None or held.value is not window):
        tiers.hold(tiers.nouns.window, request, window, window.state.revision, tiers.clock() - age)
        window.kept.grew = window.computed.grew = partial(memory.remeasure, request)
    return window


class _Load:
    """
    Reads of one batch from storage.

    Attributes:
        whole: The windows that were read.
    """

    def __init__(self, reads: Reads, *, most_bars: int | None) -> None:
        self._services = reads.services
        self._most_bars = most_bars
        self.whole: dict[WindowRequest, StoredWindow] = {}

    async def bodies(self, requests: Sequence[WindowRequest]) -> dict[WindowRequest, Loaded[WindowBody] | Exception]:
        """The bodies of windows, with the newest bars that were read in the same snapshot beside them."""
        by_interval: dict[Interval, list[WindowRequest]] = defaultdict(list)
        for request in requests:
            by_interval[request.interval].append(request)
        loaded: dict[WindowRequest, Loaded[WindowBody] | Exception] = {}
        for interval, same in by_interval.items():
            reads = await read_windows(self._services.pool, interval, same, most_bars=self._most_bars)
            for request, read in zip(same, reads, strict=True):
                if read.unread_bars:
                    loaded[request] = _Unread(read.unread_bars)
                elif read.window is None:
                    loaded[request] = Loaded(None, read.body_revision)
                else:
                    loaded[request] = self._loaded(request, read.window)
        return loaded

    def _loaded(self, request: WindowRequest, window: StoredWindow) -> Loaded[WindowBody]:
        self.whole[request] = window
        if self._most_bars is not None:
            self._most_bars -= window.read_bars
        body, newest = parted(window)
        if newest is None:
            return Loaded(body, window.state.body_revision)
        series = (request.instrument_id, request.interval)
        beside = Beside(
            self._services.tiers.nouns.newest, series, series_subject(*series), newest, window.state.revision
        )
        return Loaded(body, window.state.body_revision, (beside,))

    async def newest(self, series: Sequence[SeriesName]) -> dict[SeriesName, Loaded[NewestBar] | Exception]:
        """The newest bars of series."""
        found = await newest_bars(self._services.pool, series)
        return {
            one: Loaded(found[one], found[one].state.revision) if one in found else Loaded(None, 0) for one in series
        }


def _body_subject(request: WindowRequest) -> str:
    return body_subject(request.instrument_id, request.interval)
