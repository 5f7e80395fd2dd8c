"""The instruments that sources make objects with, kept for as long as none has changed."""

from collections.abc import Collection, Mapping

from resolvers.model.event import INSTRUMENTS
from resolvers.model.instrument import Instrument
from resolvers.services import Services
from resolvers.storage.instruments import instruments_by_id


class KnownInstruments:
    """Instruments by id, each read once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[int, Instrument] = {}
        self._revision = -1

    async def of(self, ids: Collection[int]) -> Mapping[int, Instrument]:
        """At least those of *ids* that are stored."""
        revision = self._services.revisions.of(INSTRUMENTS)
        if revision != self._revision:
            self._known, self._revision = {}, revision
        known = self._known
        missing = set(ids) - known.keys()
        if missing:
            known.update(await instruments_by_id(self._services.pool, sorted(missing)))
        return known
