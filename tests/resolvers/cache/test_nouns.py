"""What held values are said to weigh is what they weigh at most."""

import sys
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import numpy as np
import pytest

from resolvers.cache.counters import Counts
from resolvers.cache.memory import Entry, Memory
from resolvers.cache.noun import Noun
from resolvers.cache.nouns import Lives, Nouns
from resolvers.compute.insights.rules import words_by_rules
from resolvers.compute.opportunities import ranking
from resolvers.market import DEFAULT_BARS
from resolvers.model.bars import Bars
from resolvers.model.facts import WordsKey
from resolvers.model.insight import ModelWords, SignalTally
from resolvers.model.instrument import Instrument, InstrumentSpec, Source
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.model.measures import Measures
from resolvers.model.opportunity import Choice
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, Strength
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage
from resolvers.model.universe import Liquidity, Member, Universe
from resolvers.model.window import Reach, SeriesState, StoredWindow, WindowRequest
from resolvers.model.window_parts import parted
from schema.columns import Column, FloatColumn, MomentColumn
from schema.opportunities import OpportunityType
from schema.row_plan import RowPlan
from tests.bars import NOON, spaced
from tests.resolvers.compute.insights.market import a_signal, facts_at


def _deep(value: Any, seen: set[int]) -> int:
    """Bytes of a value and of everything that it alone refers to."""
    if value is None or id(value) in seen or isinstance(value, (type, bool, Interval, Source)):
        return 0
    seen.add(id(value))
    size = sys.getsizeof(value)
    if isinstance(value, np.ndarray):
        # A view has no bytes of its own, and keeps those of its base.
        return size + (0 if value.base is None else _deep(value.base, seen))
    if isinstance(value, dict):
        return size + sum(_deep(one, seen) for pair in value.items() for one in pair)
    if isinstance(value, (list, tuple)):
        return size + sum(_deep(one, seen) for one in value)
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return size + sum(_deep(one, seen) for one in [getattr(value, name, None) for name in slots] + [_own(value)])


def _own(value: Any) -> dict[str, Any] | None:
    """The attributes that an object has for itself; members of enums are everybody's."""
    return None if isinstance(value, Enum) else getattr(value, "__dict__", None)


def _weight(noun: Noun[Any], key: Any, value: Any) -> int:
    memory: Memory[Any, Any] = Memory(noun, Counts())
    memory.put(key, Entry(value, 7, read_at=0.0, ends_at=1.0))
    return memory.size_bytes


def _window(count: int) -> StoredWindow:
    state = SeriesState(
        instrument_id=1, interval=Interval.H1, source=Source.FILE, revision=1, first_time=NOON, last_time=NOON
    )
    bars = spaced(count, Interval.H1) if count else Bars.empty()
    window = StoredWindow(state=state, bars=bars, offset=0)
    columns: dict[str, Column] = {"time": MomentColumn(bars.time)}
    columns |= {name: FloatColumn(getattr(bars, name)) for name in ("open", "high", "low", "close", "volume")}
    for name, column in columns.items():
        # All that a column may come to hold.
        assert len(column.json) >= len(column.values)
        window.kept[name] = column
    for number in range(10):
        window.computed["sma", number] = (np.arange(float(count)),)
    return window


@pytest.mark.parametrize("count", [0, 1, 50, 1000, 20_000])
def test_a_window_weighs_no_less_than_it_is(count: int) -> None:
    """With all that may be made of it; and not twice as much, where its bars are what counts."""
    request = WindowRequest(
        instrument_id=1, interval=Interval.H1, start=NOON, end=None, last=count, limit=99, reach=Reach(bars=5)
    )
    window, nouns = _window(count), Nouns()
    weight = _weight(nouns.window, request, window)
    size = _deep(window, set()) + _deep(request, set())
    assert size <= weight
    if count >= 1000:
        assert weight <= 2 * size
    body, newest = parted(_window(count))
    assert _deep(body, set()) <= _weight(nouns.body, request, body) + 48
    if newest is not None:
        assert _deep(newest, set()) <= _weight(nouns.newest, (1, Interval.H1), newest)


def test_a_thousand_windows_are_held() -> None:
    """Of the usual length, with the text of every price and time, within the 128 MiB that all windows may take."""
    nouns = Nouns()
    request = WindowRequest(instrument_id=1, interval=Interval.D1, start=None, end=None, last=DEFAULT_BARS, limit=5000)
    window = _window(DEFAULT_BARS)
    window.computed.clear()
    assert nouns.window.size_bytes / _weight(nouns.window, request, window) >= 1000
    assert nouns.window.size_bytes + nouns.body.size_bytes <= 128 * 2**20


def test_instruments_weigh_no_less_than_they_are() -> None:
    """Under long names too, which anybody may ask for."""
    spec = InstrumentSpec(symbol="ACME", name="A" * 100, exchange="XNAS", aliases=("ACM", "AC"))
    one, nouns = Instrument(id=1, spec=spec), Nouns()
    for name in ("ACME", "A" * 50_000, "\U0001f600" * 1000):
        assert _deep(one, set()) + sys.getsizeof(name) <= _weight(nouns.instrument, name, one)
        page = InstrumentPage(search=name)
        listed = tuple(Instrument(id=number, spec=spec) for number in range(20))
        assert _deep(listed, set()) + _deep(page, set()) <= _weight(nouns.page, page, listed)
        assert _deep(page, set()) <= _weight(nouns.count, page, 7)


def _member(number: int) -> Member:
    liquidity = Liquidity(turnover=number + 0.5, days=number, rank=1 / number, peers=number)
    spec = InstrumentSpec(
        symbol=f"S{number}", currency=f"U{number}", name="A" * 50, aliases=(f"T{number}", f"U{number}")
    )
    return Member(instrument=Instrument(id=number, spec=spec), liquidity=liquidity)


@pytest.mark.parametrize("text", ["a", "a" * 4000, "\U0001f600" * 4000])
def test_signals_weigh_no_less_than_they_are(text: str) -> None:
    """With long reasons, and asked for under long names of producers and of many instruments."""

    def signal(number: int) -> Signal:
        return Signal(
            digest=f"{number:032x}",
            instrument_id=number,
            symbol="ACME",
            interval=Interval.H1,
            time=NOON,
            direction=Direction.BUY,
            strength=Strength.WEAK,
            score=number + 0.5,
            agreement=number + 0.5,
            confidence=number + 0.5,
            basis=ConfidenceBasis(fit=f"2026-01-5-{number:012x}", base_rate=number + 0.5, cases=number),
            price=number + 0.5,
            entry=number + 0.5,
            stop=number + 0.5,
            target=number + 0.5,
            votes=bytes(number % 256 for _ in range(51)),
            measures=Measures(*[number + 0.5] * 8).stored(),
            horizon_bars=9,
            valid_until=datetime.fromtimestamp(NOON + number, UTC),
            rationale=text + f"{number}",
            producer="desk",
            created_at=datetime.fromtimestamp(NOON, UTC),
            is_cancelled=False,
            is_superseded=False,
        )

    nouns, found = Nouns(), tuple(signal(number) for number in range(1000, 1020))
    key = SignalKey(NOON, found[0].digest)
    assert _deep(key, set()) + _deep(found[0], set()) <= _weight(nouns.signal, key, found[0])
    conditions = SignalConditions(producer=text * 100, instrument_ids=tuple(range(1000, 1500)))
    page = SignalPage(conditions=conditions, after=key)
    for some in (found, ()):
        assert _deep(page, set()) + _deep(some, set()) <= _weight(nouns.signals, page, some)
    assert _deep(conditions, set()) <= _weight(nouns.signal_count, conditions, 7)
    assert _deep(found, set()) <= _weight(nouns.active_signals, "all", found)
    universe = Universe({one.instrument_id: _member(one.instrument_id) for one in found})
    assert _deep(universe, set()) <= _weight(nouns.universe, "all", universe)
    made = ranking(found, universe, Choice(Interval.H1), NOON)
    assert len(made.opportunities) == len(found)
    for one in OpportunityType.shown(made, made.opportunities):
        one.instrument()
        one.signal()
    made.shown["texts"].keep(RowPlan((), {}), {one.rank: "a" * 300 for one in made.opportunities})
    assert _deep(made, set()) <= _weight(nouns.ranking, Choice(Interval.H1), made)


def test_words_weigh_their_sentences() -> None:
    """Words of rules have as much in them as those of a model; and a tally weighs the same whatever it counts."""
    facts = facts_at(spaced(400, Interval.D1), 399, signal=a_signal())
    assert facts is not None
    state = {"bar": facts.bar, "close": 1.5, "rsi": 50.5, "trend": 1, "confidence": 0.5, "made_at": 1.5}
    held = ModelWords(words=words_by_rules(facts), fingerprint=facts.fingerprint, **state)  # type: ignore[arg-type]
    key = WordsKey(model="a model with a long name", template="1", state=facts.state)
    assert _deep(key, set()) + _deep(held, set()) <= _weight(Nouns().words, key, held)
    since, series = datetime(2024, 1, 1, tzinfo=UTC), (7, Interval.D1)
    tally = SignalTally(buy=10**6, sell=10**6, hold=10**6, average_confidence=0.5, average_base_rate=0.5, since=since)
    assert _deep(series, set()) + _deep(tally, set()) <= _weight(Nouns().signal_tally, series, tally)


def test_lives_are_those_that_are_set() -> None:
    """What does not exist has its own."""
    nouns = Nouns(Lives(quotes=1.0, candles=2.0, instruments=3.0, signals=4.0, absent=0.5))
    assert nouns.quote.life_seconds == 1.0
    of_signals = (nouns.signal, nouns.signals, nouns.signal_count, nouns.active_signals, nouns.universe, nouns.ranking)
    assert {one.life_seconds for one in (*of_signals, nouns.signal_tally)} == {4.0}
    assert {one.life_seconds for one in (nouns.body, nouns.newest, nouns.window, nouns.known_agents)} == {2.0}
    instruments = (nouns.instrument, nouns.intervals, nouns.page, nouns.count, nouns.roster)
    assert {one.life_seconds for one in instruments} == {3.0}
    assert [nouns.quote.seconds(value) for value in (None, object())] == [0.5, 1.0]  # type: ignore[arg-type]
    assert len(list(nouns)) == len({one.name for one in nouns}) == 18
