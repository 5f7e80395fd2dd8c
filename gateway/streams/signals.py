"""The stream of signals."""

from collections.abc import Sequence
from typing import Any

from gateway.streams.history import History
from gateway.streams.source import Audience, Change, Known, Mode
from resolvers.loaders import Loaders
from resolvers.model.event import Event, EventKind
from resolvers.model.signal import Signal
from resolvers.services import Services
from resolvers.storage.changed_signals import signal_told
from resolvers.storage.signals import signals_at_number
from schema.signals import SignalType, conditions_of, filter_of

_PREFIX = "signals:"


class SignalsSource:
    """
    ``Subscription.signals``: every signal, in the order of the writes.

    An event has the whole signal, so that nothing is read for it.
    """

    field = "signals"
    kind = EventKind.SIGNALS
    mode = Mode.ALL
    audience_arguments = frozenset({"filter"})

    def __init__(self, services: Services, history: History) -> None:
        self._services = services
        self._history = history

    async def audience(self, arguments: dict[str, Any]) -> Audience:
        """
        Whoever wants signals of these conditions.

        Raises:
            BadInput: If a condition cannot be right.
            TooLarge: If there are too many symbols.
            NotFound: If one is unknown.
        """
        conditions = await conditions_of(Loaders(self._services), filter_of(arguments.get("filter")))
        ids = conditions.instrument_ids
        subjects = None if ids is None else tuple(f"{_PREFIX}{one}" for one in ids)
        if conditions.are_none:
            return Audience(subjects=subjects)

        def accepts(change: Change) -> bool:
            return conditions.accept(change.value, self._services.clock())

        return Audience(subjects=subjects, accepts=accepts, key=conditions)

    def changes(self, event: Event) -> list[Change]:
        """One, where the event tells of a signal."""
        told = event.body.get("signal")
        return [] if told is None else [_change(signal_told(told), event.number)]

    async def snapshot(self, audience: Audience) -> Known:
        """The active signals that the audience accepts, in the order of their making."""
        ids = None if audience.subjects is None else [int(one.removeprefix(_PREFIX)) for one in audience.subjects]
        number, found = await signals_at_number(self._services.pool, self._services.clock(), ids)
        changes = [_change(signal, number) for signal in found]
        return Known(changes=[one for one in changes if audience.wants(one)], number=number)

    async def since(self, number: int, most: int) -> Known | None:
        """The signals that the outbox still has."""
        missed = await self._history.after(self.kind, number, most)
        if missed is None:
            return None
        changes = [change for event in missed.events for change in self.changes(event)]
        return Known(changes=changes, number=missed.number, has_more=missed.has_more)

    def objects(self, changes: Sequence[Change]) -> list[Any]:
        """The signals; what they lead to is loaded for all of them together."""
        return [SignalType.of(one.value) for one in changes]


def _change(signal: Signal, number: int) -> Change:
    return Change(subject=f"{_PREFIX}{signal.instrument_id}", number=number, value=signal)
