"""The kinds of market data that are held."""

from dataclasses import dataclass

from resolvers.cache import codec, instrument_codec, quote_codec, signal_codec, weights, window_codec, words_codec
from resolvers.cache.noun import Noun
from resolvers.compute.known_agents import KnownAgents
from resolvers.model.insight import FRESH_BY_CONFIDENCE_SECONDS, FRESH_SECONDS, STALE_SECONDS, ModelWords, SignalTally
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.opportunity import Ranking
from resolvers.model.quote import Quote
from resolvers.model.roster import Roster
from resolvers.model.signal import Signal
from resolvers.model.universe import Universe
from resolvers.model.window import StoredWindow
from resolvers.model.window_parts import NewestBar, WindowBody

_MIB = 2**20


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
            encode=instrument_codec.encoded_instrument,
            decode=instrument_codec.decoded_instrument,
            weigh=weights.name_bytes,
        )
        self.intervals: Noun[tuple[Interval, ...]] = Noun(
            name="intervals",
            life_seconds=life,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=4 * _MIB,
            encode=instrument_codec.encoded_intervals,
            decode=instrument_codec.decoded_intervals,
        )
        self.page: Noun[tuple[Instrument, ...]] = Noun(
            name="page",
            life_seconds=life,
            absent_seconds=absent,
            entries=1_000,
            size_bytes=16 * _MIB,
            encode=instrument_codec.encoded_instruments,
            decode=instrument_codec.decoded_instruments,
            weigh=weights.page_bytes,
        )
        self.count: Noun[int] = Noun(
            name="count",
            life_seconds=life,
            absent_seconds=absent,
            entries=1_000,
            size_bytes=4 * _MIB,
            encode=codec.encoded_count,
            decode=codec.decoded_count,
            weigh=weights.page_bytes,
        )
        self.quote: Noun[Quote] = Noun(
            name="quote",
            life_seconds=lives.quotes,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=8 * _MIB,
            encode=quote_codec.encoded_quote,
            decode=quote_codec.decoded_quote,
            weigh=lambda _, __: 400,
        )
        self.body: Noun[WindowBody] = Noun(
            name="body",
            life_seconds=lives.candles,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=window_bytes // 4,
            encode=window_codec.encoded_body,
            decode=window_codec.decoded_body,
            weigh=weights.body_bytes,
        )
        self.newest: Noun[NewestBar] = Noun(
            name="newest",
            life_seconds=lives.candles,
            absent_seconds=absent,
            entries=10_000,
            size_bytes=32 * _MIB,
            encode=window_codec.encoded_newest,
            decode=window_codec.decoded_newest,
            weigh=lambda _, __: weights.WINDOW_BYTES,
        )
        self.window: Noun[StoredWindow] = Noun(
            name="window",
            life_seconds=lives.candles,
            entries=10_000,
            size_bytes=window_bytes - window_bytes // 4,
            weigh=weights.window_bytes,
        )
        self.signal: Noun[Signal] = Noun(
            name="signal",
            life_seconds=lives.signals,
            absent_seconds=min(absent, lives.signals),
            entries=10_000,
            size_bytes=32 * _MIB,
            encode=signal_codec.encoded_signal,
            decode=signal_codec.decoded_signal,
            weigh=weights.signal_bytes,
        )
        self.signals: Noun[tuple[Signal, ...]] = Noun(
            name="signals",
            life_seconds=lives.signals,
            entries=1_000,
            size_bytes=32 * _MIB,
            encode=signal_codec.encoded_signals,
            decode=signal_codec.decoded_signals,
            weigh=weights.signals_bytes,
        )
        self.signal_count: Noun[int] = Noun(
            name="signal_count",
            life_seconds=lives.signals,
            entries=1_000,
            size_bytes=4 * _MIB,
            encode=codec.encoded_count,
            decode=codec.decoded_count,
            weigh=lambda conditions, _: weights.conditions_bytes(conditions),
        )
        self.active_signals: Noun[tuple[Signal, ...]] = Noun(
            name="active_signals",
            life_seconds=lives.signals,
            entries=1,
            size_bytes=32 * _MIB,
            weigh=weights.active_bytes,
        )
        self.universe: Noun[Universe] = Noun(
            name="universe",
            life_seconds=lives.signals,
            entries=1,
            size_bytes=8 * _MIB,
            encode=instrument_codec.encoded_universe,
            decode=instrument_codec.decoded_universe,
            weigh=weights.universe_bytes,
        )
        self.ranking: Noun[Ranking] = Noun(
            name="ranking",
            life_seconds=lives.signals,
            entries=20,
            size_bytes=64 * _MIB,
            weigh=weights.ranking_bytes,
        )
        self.signal_tally: Noun[SignalTally] = Noun(
            name="signal_tally",
            life_seconds=lives.signals,
            entries=10_000,
            size_bytes=8 * _MIB,
            encode=signal_codec.encoded_tally,
            decode=signal_codec.decoded_tally,
            weigh=lambda _, __: 800,
        )
        self.words: Noun[ModelWords] = Noun(
            name="words",
            life_seconds=FRESH_SECONDS + FRESH_BY_CONFIDENCE_SECONDS + STALE_SECONDS,
            entries=10_000,
            size_bytes=32 * _MIB,
            encode=words_codec.encoded_words,
            decode=words_codec.decoded_words,
            weigh=weights.words_bytes,
        )
        self.roster: Noun[Roster] = Noun(
            name="roster",
            life_seconds=life,
            absent_seconds=min(absent, lives.signals),
            entries=100,
            size_bytes=8 * _MIB,
            weigh=lambda _, roster: weights.AGENT_BYTES * len(roster.agents),
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
