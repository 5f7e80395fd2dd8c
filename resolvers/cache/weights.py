"""What values take in a process, with their keys, in bytes: at most, or nearly."""

import sys
from typing import Any

from resolvers.model.insight import ModelWords
from resolvers.model.instrument import Instrument
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.opportunity import Ranking
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalConditions, SignalPage
from resolvers.model.universe import Universe
from resolvers.model.window import StoredWindow
from resolvers.model.window_parts import WindowBody

_BAR_BYTES = 48  # six columns of eight bytes
_KEPT_BYTES = 60  # a value of a kept column as JSON, and as an object of Python where rows were completed one by one
WINDOW_BYTES = 2_500  # arrays, dataclasses and the request
_COLUMN_BYTES = 600  # a column without its values
_INSTRUMENT_BYTES = 1_500
_SIGNAL_BYTES = 3_000
_MEMBER_BYTES = _INSTRUMENT_BYTES + 600
_OPPORTUNITY_BYTES = 2_400  # with what shows it, without its signal and its member
_SHOWN_BYTES = 2_000_000  # texts
AGENT_BYTES = 1_000


def name_bytes(name: str, _: Instrument) -> int:
    """An instrument by one of its names."""
    return sys.getsizeof(name) + _INSTRUMENT_BYTES


def page_bytes(page: InstrumentPage, value: tuple[Instrument, ...] | int) -> int:
    """A page of instruments, or how many there are, by its conditions."""
    texts = sum(len(text) for text in (page.after, page.search, page.currency, page.exchange) if text is not None)
    return 4 * texts + 500 + (_INSTRUMENT_BYTES * len(value) if isinstance(value, tuple) else 0)


def body_bytes(_: Any, body: WindowBody) -> int:
    """The bars of a body."""
    return WINDOW_BYTES + len(body.bars) * _BAR_BYTES


def window_bytes(_: Any, window: StoredWindow) -> int:
    """What the bars, the texts of their columns and the computed columns come to at most."""
    kept, computed = len(window.kept), sum(len(columns) for columns in window.computed.values())
    each = _BAR_BYTES + kept * _KEPT_BYTES + computed * 8
    return WINDOW_BYTES + (kept + computed) * _COLUMN_BYTES + len(window.bars) * each


def signal_bytes(_: Any, signal: Signal | None) -> int:
    """A signal, with its rationale and its votes; None is that there is none."""
    return _SIGNAL_BYTES + (0 if signal is None else 4 * len(signal.rationale or "") + len(signal.votes or b""))


def words_bytes(_: Any, held: ModelWords) -> int:
    """What sentences take, with their numbers."""
    texts = len(held.words.summary) + sum(len(one.text) for one in held.words.points)
    return 4 * texts + 1_500 + 1_200 * len(held.words.points)


def conditions_bytes(conditions: SignalConditions) -> int:
    """What conditions take, whose producer may be any text."""
    return _SIGNAL_BYTES + 4 * len(conditions.producer or "") + 40 * len(conditions.instrument_ids or ())


def signals_bytes(page: SignalPage, found: tuple[Signal, ...] | None) -> int:
    """A page of signals, by its conditions."""
    return conditions_bytes(page.conditions) + sum(signal_bytes(None, one) for one in found or ())


def active_bytes(_: Any, signals: tuple[Signal, ...]) -> int:
    """Signals in one value."""
    return 100 + sum(signal_bytes(None, one) for one in signals)


def universe_bytes(_: Any, universe: Universe) -> int:
    """The members of a universe."""
    return 1_000 + _MEMBER_BYTES * len(universe.members)


def ranking_bytes(_: Any, ranking: Ranking) -> int:
    """With signals and universe, which it may be the last to hold."""
    each = sum(signal_bytes(None, one.signal) for one in ranking.opportunities)
    each += _OPPORTUNITY_BYTES * len(ranking.opportunities)
    return universe_bytes(None, ranking.universe) + each + _SHOWN_BYTES
