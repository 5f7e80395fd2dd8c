"""The loaders of an operation, one for each noun."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial

from resolvers.compute.known_agents import KnownAgents
from resolvers.loader import Loader
from resolvers.model.facts import Facts
from resolvers.model.insight import SignalTally
from resolvers.model.instrument import Instrument
from resolvers.model.interval import Interval
from resolvers.model.opportunity import Choice, Ranking
from resolvers.model.quote import Quote
from resolvers.model.roster import Roster
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage
from resolvers.model.verdict import Verdict
from resolvers.model.window import StoredWindow, WindowRequest
from resolvers.reading.instruments import (
    held_instrument,
    held_intervals,
    held_quote,
    instruments_by_name,
    latest_quotes,
    stored_intervals,
)
from resolvers.reading.known_agents import held_known_agents, known_agents
from resolvers.reading.opportunities import held_ranking, rankings
from resolvers.reading.reads import MISSING, Missing, Reads
from resolvers.reading.rosters import held_roster, rosters
from resolvers.reading.signal_tallies import held_tally, signal_tallies
from resolvers.reading.signals import held_signal, signal_counts, signal_pages, signals_by_key
from resolvers.reading.verdicts import Ballot, consensus_of
from resolvers.reading.windows import held_window, windows
from resolvers.services import Services
from resolvers.storage.track_records import RecordKey
from resolvers.wording import Worded


class Loaders:
    """
    The loaders of one operation; a new operation, and every event of a stream, takes new ones.

    Args:
        is_fresh: Whether to read past what is held, for a client that knows of something newer than this process.

    Attributes:
        reads: The reads of the operation that take no loader.
        trace: What the operation has read.
        may_wait: Whether it may be kept waiting for what it can do without; a stream, which others share, may not.
    """

    may_wait = True

    def __init__(self, services: Services, *, is_fresh: bool = False) -> None:
        reads = Reads(services, is_fresh=is_fresh)
        self.services = services
        self.reads = reads
        self.trace = reads.trace

    # Each is made when it is asked for the first time: most operations use one or two.

    @cached_property
    def instrument_by_name(self) -> Loader[str, Instrument]:
        """Instruments by any of their names, in upper case."""
        return Loader(partial(instruments_by_name, self.reads), partial(held_instrument, self.reads))

    @cached_property
    def quote(self) -> Loader[int, Quote]:
        """The latest quotes by the instrument's number."""
        return Loader(partial(latest_quotes, self.reads), partial(held_quote, self.reads))

    @cached_property
    def intervals(self) -> Loader[int, tuple[Interval, ...]]:
        """The intervals that are stored, by the instrument's number."""
        return Loader(partial(stored_intervals, self.reads), partial(held_intervals, self.reads))

    @cached_property
    def window(self) -> Loader[WindowRequest, StoredWindow]:
        """Windows of bars."""
        return Loader(partial(windows, self.reads), partial(held_window, self.reads))

    @cached_property
    def signal(self) -> Loader[SignalKey, Signal]:
        """Signals by their key."""
        return Loader(partial(signals_by_key, self.reads), partial(held_signal, self.reads))

    @cached_property
    def signals(self) -> Loader[SignalPage, tuple[Signal, ...]]:
        """Pages of signals; each has one more than it shows where there are more."""
        return Loader(partial(signal_pages, self.reads))

    @cached_property
    def signal_count(self) -> Loader[SignalConditions, int]:
        """How many signals meet conditions."""
        return Loader(partial(signal_counts, self.reads))

    @cached_property
    def signal_tally(self) -> Loader[tuple[int, Interval], SignalTally]:
        """The signals of series, counted, by the instrument's number and the interval."""
        return Loader(partial(signal_tallies, self.reads), partial(held_tally, self.reads))

    @cached_property
    def words(self) -> Loader[Facts, Worded]:
        """Words of a model, by the facts that they are to be about; none where no model is set."""
        wording = self.services.wording

        async def batch(asked: Sequence[Facts]) -> Mapping[Facts, Worded]:
            return {} if wording is None else await wording.words(asked, may_wait=self.may_wait)

        def held(facts: Facts) -> Worded | Missing | None:
            return None if wording is None else wording.fresh(facts) or MISSING

        return Loader(batch, held)

    @cached_property
    def ranking(self) -> Loader[Choice, Ranking]:
        """Opportunities, by the signals that are ranked."""
        return Loader(partial(rankings, self.reads), partial(held_ranking, self.reads))

    @cached_property
    def roster(self) -> Loader[str, Roster]:
        """Who votes, by the version of the engine."""
        return Loader(partial(rosters, self.reads), partial(held_roster, self.reads))

    @cached_property
    def known_agents(self) -> Loader[RecordKey, KnownAgents]:
        """What is known of agents, by the version of the engine and the market."""
        return Loader(partial(known_agents, self.reads), partial(held_known_agents, self.reads))

    @cached_property
    def verdict(self) -> Loader[Ballot, Verdict]:
        """What agents say together."""
        return Loader(consensus_of)
