"""The stream of quotes."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.streams.history import History
from gateway.streams.instruments import KnownInstruments
from gateway.streams.source import Audience, Change, Known, Mode
from resolvers.errors import NotFound, TooLarge
from resolvers.loaders import Loaders
from resolvers.market import instruments_of
from resolvers.model.event import Event, EventKind, quote_subject
from resolvers.services import Services
from resolvers.storage.changed_quotes import quotes_told
from resolvers.storage.quotes import quotes_at_number
from schema.market import QuoteType

MAX_SYMBOLS: Final = 500


class QuotesSource:
    """
    ``Subscription.quotes``: the newest quote of each instrument.

    An event has the whole quote, so that nothing is read for it. Instruments are kept for as long as none has changed.
    """

    field = "quotes"
    kind = EventKind.QUOTES
    mode = Mode.LATEST
    audience_arguments = frozenset({"symbols"})

    def __init__(self, services: Services, history: History) -> None:
        self._services = services
        self._history = history
        self._instruments = KnownInstruments(services)

    async def audience(self, arguments: dict[str, Any]) -> Audience:
        """
        The instruments of these symbols.

        Raises:
            TooLarge: If there are too many.
            NotFound: If one is unknown.
        """
        symbols: list[str] = arguments["symbols"]
        if len(symbols) > MAX_SYMBOLS:
            raise TooLarge(f"symbols holds at most {MAX_SYMBOLS} items, {len(symbols)} were given")
        found = await instruments_of(Loaders(self._services), symbols)
        return Audience(subjects=tuple(dict.fromkeys(quote_subject(one.id) for one in found)))

    def changes(self, event: Event) -> list[Change]:
        """One for each quote of the write."""
        return [
            Change(subject=quote_subject(one.instrument_id), number=event.number, value=one)
            for one in quotes_told(event)
        ]

    async def snapshot(self, audience: Audience) -> Known:
        """The stored quotes."""
        subjects = {int(subject.partition(":")[2]): subject for subject in audience.subjects or ()}
        number, quotes = await quotes_at_number(self._services.pool, list(subjects))
        return Known(
            changes=[
                Change(subject=subject, number=number, value=quotes[id_])
                for id_, subject in subjects.items()
                if id_ in quotes
            ],
            number=number,
        )

    async def since(self, number: int, most: int) -> Known | None:
        """The quotes that the stream still has."""
        missed = await self._history.after(self.kind, number, most)
        if missed is None:
            return None
        changes = [change for event in missed.events for change in self.changes(event)]
        return Known(changes=changes, number=missed.number, has_more=missed.has_more)

    async def objects(self, changes: Sequence[Change]) -> list[Any]:
        """Quotes with their instruments; an error in the place of one whose instrument is gone."""
        known = await self._instruments.of({one.value.instrument_id for one in changes})
        return [
            QuoteType.of(known[one.value.instrument_id], one.value)
            if one.value.instrument_id in known
            else NotFound("the instrument is gone")
            for one in changes
        ]
