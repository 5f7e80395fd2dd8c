"""The kinds of market data that are held."""

import sys
from dataclasses import dataclass
from typing import Any

from resolvers.cache import codec, words_codec
from resolvers.cache.noun import Noun
from resolvers.compute.known_agents import KnownAgents
from resolvers.model.insight import FRESH_BY_CONFIDENCE_SECONDS, FRESH_SECONDS, STALE_SECONDS, ModelWords, SignalTally
from resolvers.model.instrument import Instrument
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.model.opportunity import Ranking
from resolvers.model.quote import Quote
from resolvers.model.roster import Roster
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalConditions, SignalPage
from resolvers.model.universe import Universe
from resolvers.model.window import StoredWindow
from resolvers.model.window_parts import NewestBar, WindowBody

_MIB = 2**20
_BAR_BYTES = 48  # six columns of eight bytes
_KEPT_BYTES = 60  # a value of a kept column as JSON, and as an object of Python where rows were completed one by one
_WINDOW_BYTES = 2_500  # arrays, dataclasses and the request
_COLUMN_BYTES = 600  # a column without its values
_INSTRUMENT_BYTES = 1_500
_SIGNAL_BYTES = 3_000
_MEMBER_BYTES = _INSTRUMENT_BYTES + 600
_OPPORTUNITY_BYTES = 2_400  # with what shows it, without its signal and its member
_SHOWN_BYTES = 2_000_000  # texts
_AGENT_BYTES = 1_000


def _name_bytes(name: str, _: Instrument) -> int:
    return sys.getsizeof(name) + _INSTRUMENT_BYTES


def _page_bytes(page: InstrumentPage, value: tuple[Instrument, ...] | int) -> int:
    texts = sum(len(text) for text in (page.after, page.search, page.currency, page.exchange) if text is not None)
    return 4 * texts + 500 + (_INSTRUMENT_BYTES * len(value) if isinstance(value, tuple) else 0)


def _body_bytes(_: Any, body: WindowBody) -> int:
    return _WINDOW_BYTES + len(body.bars) * _BAR_BYTES


def _window_bytes(_: Any, window: StoredWindow) -> int:
    """What the bars, the texts of their columns and the computed columns come to at most."""
    kept, computed = len(window.kept), sum(len(columns) for columns in window.computed.values())
    each = _BAR_BYTES + kept * _KEPT_BYTES + computed * 8
    return _WINDOW_BYTES + (kept + computed) * _COLUMN_BYTES + len(window.bars) * each


def _signal_bytes(_: Any, signal: Signal | None) -> int:
    return _SIGNAL_BYTES + (0 if signal is None else 4 * len(signal.rationale or "") + len(signal.votes or b""))


def _words_bytes(_: Any, held: ModelWords) -> int:
    """What sentences take, with their numbers."""
    texts = len(held.words.summary) + sum(len(one.text) for one in held.words.points)
    return 4 * texts + 1_500 + 1_200 * len(held.words.points)


def _conditions_bytes(conditions: SignalConditions) -> int:
    """What conditions take, whose producer may be any text."""
    return _SIGNAL_BYTES + 4 * len(conditions.producer or "") + 40 * len(conditions.instrument_ids or ())


def _signals_bytes(page: SignalPage, found: tuple[Signal, ...] | None) -> int:
    return _conditions_bytes(page.conditions) + sum(_signal_bytes(None, one) for one in found or ())


def _active_bytes(_: Any, signals: tuple[Signal, ...]) -> int:
    return 100 + sum(_signal_bytes(None, one) for one in signals)


def _universe_bytes(_: Any, universe: Universe) -> int:
    return 1_000 + _MEMBER_BYTES * len(universe.members)


def _ranking_bytes(_: Any, ranking: Ranking) -> int:
    """With signals and universe, which it may be the last to hold."""
    each = sum(_signal_bytes(None, one.signal) for one in ranking.opportunities)
    return (
        _universe_bytes(None, ranking.universe) + each + _SHOWN_BYTES + _OPPORTUNITY_BYTES * len(ranking.opportunities)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Lives:
    """
    How long values are held at most, whatever their revision, in seconds.

    Attributes:
        absent: What does not exist, of any kind.
    """

    instruments: float = 600.0
    quotes: float = 300.0
    candles: float = 600.0
    signals: float = 30.0
    absent: float = 30.0


class Nouns:
    """
    All of them.

    Args:
        window_bytes: What a process may hold of windows: a quarter for bodies, the rest for whole windows with all
            that was made of them.

    Attributes:
        instrument: An instrument by a name; `intervals` by its id; `page` and `count` of instruments.
        quote: By the instrument's id.
        body, newest: The two parts of a window, by its request, and by instrument and interval.
        window: Both joined, in the process alone.
        signal: A signal by its key; `signals` by the page, `signal_count` by the conditions.
        signal_tally: The signals of a series, counted, by instrument and interval.
        words: Of a model, by model, template and the market's state; `resolvers.wording` says how long they are fresh.
        active_signals, universe: What opportunities are made of: each one value; the signals in the process alone,
            which reads what has changed and keeps the rest.
        ranking: Made of both by the choice of signals, in the process alone.
        roster: The agents of a version of the engine, in the process alone.
        known_agents: What is known of them, by version and market, in the process alone.
    """

    def __init__(self, lives: Lives | None = None, *, window_bytes: int = 128 * _MIB) -> None:
        lives = lives or Lives()
        life, absent = lives.instruments, lives.absent
        self.instrument: Noun[Instrument] = Noun(
            name="instrument",
            life_seconds=life,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=16 * _MIB,
            encode=codec.encoded_instrument,
            decode=codec.decoded_instrument,
            weigh=_name_bytes,
        )
        self.intervals: Noun[tuple[Interval, ...]] = Noun(
            name="intervals",
            life_seconds=life,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=4 * _MIB,
            encode=codec.encoded_intervals,
            decode=codec.decoded_intervals,
        )
        self.page: Noun[tuple[Instrument, ...]] = Noun(
            name="page",
            life_seconds=life,
            absent_seconds=absent,
            entries=1_000,
            size_bytes=16 * _MIB,
            encode=codec.encoded_instruments,
            decode=codec.decoded_instruments,
            weigh=_page_bytes,
        )
        self.count: Noun[int] = Noun(
            name="count",
            life_seconds=life,
            absent_seconds=absent,
            entries=1_000,
            size_bytes=4 * _MIB,
            encode=codec.encoded_count,
            decode=codec.decoded_count,
            weigh=_page_bytes,
        )
        self.quote: Noun[Quote] = Noun(
            name="quote",
            life_seconds=lives.quotes,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=8 * _MIB,
            encode=codec.encoded_quote,
            decode=codec.decoded_quote,
            weigh=lambda _, __: 400,
        )
        self.body: Noun[WindowBody] = Noun(
            name="body",
            life_seconds=lives.candles,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=window_bytes // 4,
            encode=codec.encoded_body,
            decode=codec.decoded_body,
            weigh=_body_bytes,
        )
        self.newest: Noun[NewestBar] = Noun(
            name="newest",
            life_seconds=lives.candles,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=32 * _MIB,
            encode=codec.encoded_newest,
            decode=codec.decoded_newest,
            weigh=lambda _, __: _WINDOW_BYTES,
        )
        self.window: Noun[StoredWindow] = Noun(
            name="window",
            life_seconds=lives.candles,
            entries=10_000,
            size_bytes=window_bytes - window_bytes // 4,
            weigh=_window_bytes,
        )
        self.signal: Noun[Signal] = Noun(
            name="signal",
            life_seconds=lives.signals,
            absent_seconds=min(absent, lives.signals),
            entries=10_000,
            size_bytes=32 * _MIB,
            encode=codec.encoded_signal,
            decode=codec.decoded_signal,
            weigh=_signal_bytes,
        )
        self.signals: Noun[tuple[Signal, ...]] = Noun(
            name="signals",
            life_seconds=lives.signals,
            entries=1_000,
            size_bytes=32 * _MIB,
            encode=codec.encoded_signals,
            decode=codec.decoded_signals,
            weigh=_signals_bytes,
        )
        self.signal_count: Noun[int] = Noun(
            name="signal_count",
            life_seconds=lives.signals,
            entries=1_000,
            size_bytes=4 * _MIB,
            encode=codec.encoded_count,
            decode=codec.decoded_count,
            weigh=lambda conditions, _: _conditions_bytes(conditions),
        )
        self.active_signals: Noun[tuple[Signal, ...]] = Noun(
            name="active_signals",
            life_seconds=lives.signals,
            entries=1,
            size_bytes=32 * _MIB,
            weigh=_active_bytes,
        )
        self.universe: Noun[Universe] = Noun(
            name="universe",
            life_seconds=lives.signals,
            entries=1,
            size_bytes=8 * _MIB,
            encode=codec.encoded_universe,
            decode=codec.decoded_universe,
            weigh=_universe_bytes,
        )
        self.ranking: Noun[Ranking] = Noun(
            name="ranking",
            life_seconds=lives.signals,
            entries=20,
            size_bytes=64 * _MIB,
            weigh=_ranking_bytes,
        )
        self.signal_tally: Noun[SignalTally] = Noun(
            name="signal_tally",
            life_seconds=lives.signals,
            entries=10_000,
            size_bytes=8 * _MIB,
            encode=codec.encoded_tally,
            decode=codec.decoded_tally,
            weigh=lambda _, __: 800,
        )
        self.words: Noun[ModelWords] = Noun(
            name="words",
            life_seconds=FRESH_SECONDS + FRESH_BY_CONFIDENCE_SECONDS + STALE_SECONDS,
            entries=10_000,
            size_bytes=32 * _MIB,
            encode=words_codec.encoded_words,
            decode=words_codec.decoded_words,
            weigh=_words_bytes,
        )
        self.roster: Noun[Roster] = Noun(
            name="roster",
            life_seconds=life,
            absent_seconds=min(absent, lives.signals),
            entries=100,
            size_bytes=8 * _MIB,
            weigh=lambda _, roster: _AGENT_BYTES * len(roster.agents),
        )
        self.known_agents: Noun[KnownAgents] = Noun(
            name="known_agents",
            life_seconds=lives.candles,
            absent_seconds=min(absent, lives.signals),
            entries=100,
            size_bytes=64 * _MIB,
            weigh=lambda _, known: known.size_bytes,
        )

    def __iter__(self):  # type: ignore[no-untyped-def]
        """Each of them."""
        return iter(vars(self).values())
