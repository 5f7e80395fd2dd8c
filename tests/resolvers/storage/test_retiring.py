"""One engine's opinion of a bar: that of the version which began last."""

from resolvers.ingest import Ingest
from resolvers.model.event import SIGNALS
from resolvers.model.interval import Interval
from resolvers.model.signal import SignalStatus
from resolvers.model.signal_page import SignalConditions, SignalPage
from resolvers.storage.active_signals import read_active_signals
from resolvers.storage.pool import Pool
from resolvers.storage.signal_pages import read_signal_page
from resolvers.storage.signal_tallies import read_signal_tallies
from resolvers.storage.signals import signals_at_number
from tests.bars import NOON, instrument
from tests.computed import VERSION, computed, days, store_parts
from tests.signals import draft, store

OTHER = "ba9876543210"


async def _standing(pool: Pool) -> set[str]:
    """The producers whose signals are active, which every way of reading says alike."""
    _, listed = await signals_at_number(pool, NOON)
    page = SignalPage(conditions=SignalConditions(status=SignalStatus.ACTIVE), first=100)
    asked = (await read_signal_page(pool, page, NOON)).value
    ranked = (await read_active_signals(pool, NOON)).value
    assert {one.digest for one in listed} == {one.digest for one in asked}
    assert {one.digest for one in ranked} <= {one.digest for one in asked}
    return {one.producer for one in listed}


async def test_signals_of_another_version_stand_no_more(pool: Pool) -> None:
    """From when it begins, and until the other begins again; whoever publishes is left alone."""
    one = await instrument(pool, "ACME")
    await store(pool, draft(one, interval=Interval.D1, producer="desk"))
    await store_parts(pool, computed(one, days(3)))
    await store_parts(pool, computed(one, days(2), seed=2, version=OTHER), version=OTHER)
    first, second = f"gateway-engine-{VERSION}", f"gateway-engine-{OTHER}"
    assert await _standing(pool) == {"desk", first, second}
    for version, producer, count in ((OTHER, second, 2), (VERSION, first, 3), (OTHER, second, 2)):
        written = await Ingest(pool).retired_engines(version)
        assert SIGNALS in written.revisions
        assert await _standing(pool) == {"desk", producer}
        tally = (await read_signal_tallies(pool, [(one.id, Interval.D1)])).value[one.id, Interval.D1]
        assert tally.buy + tally.sell + tally.hold == count + 1
        conditions = SignalConditions(instrument_ids=(one.id,), interval=Interval.D1)
        everything = (await read_signal_page(pool, SignalPage(conditions=conditions, first=100), NOON)).value
        assert len(everything) == 6
        assert {found.is_superseded for found in everything if found.producer not in ("desk", producer)} == {True}
        present = SignalConditions(instrument_ids=(one.id,), interval=Interval.D1, is_of_present=True)
        shown = (await read_signal_page(pool, SignalPage(conditions=present, first=100), NOON)).value
        assert {found.producer for found in shown} == {"desk", producer}


async def test_a_version_that_goes_on_tells_nothing(pool: Pool) -> None:
    """As of every worker that begins."""
    one = await instrument(pool, "ACME")
    await store_parts(pool, computed(one, days(3)))
    written = await Ingest(pool).retired_engines(VERSION)
    assert (written.events, written.revisions) == ([], {})
