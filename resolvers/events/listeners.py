"""Who hears of events in this process."""

import logging
from collections.abc import Collection
from typing import Protocol

from resolvers.model.event import Event, EventKind

logger = logging.getLogger("gateway.events")


class Listener(Protocol):
    """Who wants to hear of events. It is called after the revisions have moved, and must not take long."""

    def on_event(self, event: Event) -> None:
        """The next event of its kind."""

    def on_reset(self, kinds: Collection[EventKind]) -> None:
        """Events of *kinds* were missed for good: whatever they are about may have changed."""

    def on_status(self, kinds: Collection[EventKind], *, is_reachable: bool) -> None:
        """Whether it can be known what happens to *kinds*; told when it changes, and true at the start."""


class Listeners(list[Listener]):
    """Those who hear, in the order in which they do. An error of one keeps nothing from the others."""

    def __init__(self) -> None:
        super().__init__()
        self._is_reachable = True

    def tell(self, event: Event) -> None:
        """Tells all of the next event."""
        for listener in self:
            try:
                listener.on_event(event)
            except Exception:
                logger.exception("unforeseen error of a listener at %s %d", event.kind.value, event.number)

    def tell_reset(self, kinds: Collection[EventKind]) -> None:
        """Tells all that events of *kinds* were missed for good."""
        for listener in self:
            try:
                listener.on_reset(kinds)
            except Exception:
                logger.exception("unforeseen error of a listener at a reset")

    def tell_status(self, *, is_reachable: bool) -> None:
        """Tells all whether it can be known what happens, if that has changed."""
        if is_reachable is self._is_reachable:
            return
        self._is_reachable = is_reachable
        for listener in self:
            try:
                listener.on_status(tuple(EventKind), is_reachable=is_reachable)
            except Exception:
                logger.exception("unforeseen error of a listener at a status")
