"""The loaders of an operation."""

from resolvers.ingest import Ingest
from resolvers.loaders import Loaders
from resolvers.model.interval import Interval
from resolvers.model.window import WindowRequest
from resolvers.services import Services
from resolvers.storage.pool import Pool
from tests.bars import LATER, instrument, spaced, store


async def test_windows_of_several_intervals_come_in_their_places(pool: Pool) -> None:
    """Known and unknown ones, the same one twice, with and without a reach."""
    acme = await instrument(pool)
    await store(pool, acme, Interval.H1, spaced(30, Interval.H1))
    loaders = Loaders(
        Services(
            pool=pool,
            ingest=Ingest(pool),
            clock=lambda: LATER,
            max_bars=9,
            bar_grace_seconds=0.0,
            quote_stale_seconds=60.0,
        )
    )

    def request(interval: Interval, last: int, instrument_id: int = acme.id) -> WindowRequest:
        return WindowRequest(instrument_id=instrument_id, interval=interval, start=None, end=None, last=last, limit=100)

    windows = await loaders.window.load_many(
        [
            request(Interval.D1, 1),
            request(Interval.H1, 20),
            request(Interval.M1, 1),
            request(Interval.H1, 20, acme.id + 1),
            request(Interval.H1, 20),
        ]
    )
    assert [None if window is None else len(window.bars) for window in windows] == [1, 20, None, None, 20]
    assert windows[1] is windows[4]
