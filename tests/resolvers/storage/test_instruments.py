"""Instruments: their names, and their list."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.errors import BadInput
from resolvers.model.instrument import AssetClass, InstrumentSpec, usual_aliases
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.storage.instrument_changes import create_instruments
from resolvers.storage.instruments import (
    instrument_count,
    instrument_page,
    instruments_by_id,
    instruments_by_name,
    read_instrument_count,
    read_instrument_page,
    read_instruments_by_name,
    read_intervals,
    stored_intervals,
)
from resolvers.storage.pool import Pool
from tests.bars import instrument, spaced, store


def _spec(symbol: str, *aliases: str) -> InstrumentSpec:
    return InstrumentSpec(symbol=symbol, aliases=aliases)


async def _symbols(pool: Pool, **page: object) -> list[str]:
    return [one.symbol for one in await instrument_page(pool, InstrumentPage(**page))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("symbol", "other"),
    [("BRK.B", "BRK-B"), ("BRK-B", "BRK.B"), ("BTC/USDT", "BTCUSDT"), ("BTC/USDT", "BTC-USDT"), ("EUR/USD", "EURUSD")],
)
async def test_an_instrument_is_found_by_the_spellings_of_vendors(pool: Pool, symbol: str, other: str) -> None:
    """Under its symbol and under the aliases that an import gives it."""
    await create_instruments(pool, [_spec(symbol, *usual_aliases(symbol))])
    found = await instruments_by_name(pool, [symbol, other, "NOTHING"])
    assert {name: one.symbol for name, one in found.items()} == {symbol: symbol, other: symbol}


async def test_what_is_created_comes_back_by_id(pool: Pool) -> None:
    """Every field of the specification."""
    spec = InstrumentSpec(
        symbol="EUR/USD",
        asset_class=AssetClass.FX,
        name="Euro",
        exchange="OTC",
        currency="USD",
        aliases=("EUR-USD", "EURUSD"),
        tick_size=1e-5,
        is_active=False,
    )
    one = (await create_instruments(pool, [spec]))["EUR/USD"]
    assert one.spec == spec
    assert await instruments_by_id(pool, [one.id, one.id + 1]) == {one.id: one}


async def test_a_name_that_cannot_be_stored_is_nobodys(pool: Pool) -> None:
    """A client may send any JSON text: it is not found, and the others of the batch are; a list cannot ask for it."""
    await create_instruments(pool, [_spec("ACME")])
    for name in ("A\0B", "\0", "\ud800", "A\udfff"):
        assert list(await instruments_by_name(pool, [name, "ACME"])) == ["ACME"]
        for field in ("search", "after", "currency", "exchange"):
            with pytest.raises(BadInput, match=f"{field} must be text without NUL"):
                InstrumentPage(**{field: name})  # type: ignore[arg-type]


_SEARCHES = [
    ("%", ["A%C"]),
    ("_", ["A_C"]),
    ("\\", ["A\\C"]),
    ("a_c", ["A_C"]),
    ("abc", ["ABC"]),
    ("first", ["ABC"]),
    ("ZÜRICH", ["A_C"]),
    ("other", ["A%C"]),
    ("", ["A%C", "ABC", "A\\C", "A_C"]),
    ("nobody", []),
]


async def test_search_takes_every_character_as_it_is(pool: Pool) -> None:
    """In the symbol, an alias or the name, in any case."""
    specs = [
        InstrumentSpec(symbol="ABC", name="First Industries"),
        InstrumentSpec(symbol="A%C", aliases=("OTHER",)),
        InstrumentSpec(symbol="A_C", name="Bank of Zürich"),
        InstrumentSpec(symbol="A\\C"),
    ]
    await create_instruments(pool, specs)
    for search, expected in _SEARCHES:
        assert await _symbols(pool, search=search) == expected, search
        assert await instrument_count(pool, InstrumentPage(search=search)) == len(expected), search


async def test_filters_hold_together(pool: Pool) -> None:
    """Each alone, and all at once."""
    specs = [
        InstrumentSpec(symbol="A", asset_class=AssetClass.FX, currency="USD", exchange="X"),
        InstrumentSpec(symbol="B", asset_class=AssetClass.CRYPTO, currency="USD", is_active=False),
        InstrumentSpec(symbol="C", asset_class=AssetClass.FX, currency="EUR", is_simulated=True, exchange="X"),
    ]
    await create_instruments(pool, specs)
    assert await _symbols(pool, asset_classes=(AssetClass.FX,)) == ["A", "C"]
    assert await _symbols(pool, asset_classes=(AssetClass.FX, AssetClass.CRYPTO)) == ["A", "B", "C"]
    assert await _symbols(pool, asset_classes=()) == []
    assert await _symbols(pool, currency="USD") == ["A", "B"]
    assert await _symbols(pool, exchange="X") == ["A", "C"]
    assert await _symbols(pool, is_active=False) == ["B"]
    assert await _symbols(pool, is_simulated=False) == ["A", "B"]
    every = {"asset_classes": (AssetClass.FX,), "exchange": "X", "is_active": True, "is_simulated": True}
    assert await _symbols(pool, **every, currency="EUR", search="c") == ["C"]


_NAMES = st.text("ABz_%é0", min_size=1, max_size=3)


@given(
    kept=st.sets(_NAMES, max_size=12),
    first=st.integers(1, 4),
    rounds=st.lists(st.tuples(st.sets(_NAMES, max_size=4), st.sets(_NAMES, max_size=4)), max_size=12),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_neither_repeat_nor_skip_while_others_come_and_go(
    pool: Pool, kept: set[str], first: int, rounds: list[tuple[set[str], set[str]]]
) -> None:
    """Whoever walks the pages meets everybody who was there all the time exactly once, in the order of symbols."""
    await pool.execute("DELETE FROM instruments")
    await create_instruments(pool, [_spec(symbol) for symbol in kept])
    walked: list[str] = []
    changes = iter(rounds)
    while True:
        page = await _symbols(pool, first=first, after=walked[-1] if walked else None)
        walked += page[:first]
        if len(page) <= first:
            break
        added, removed = next(changes, (set(), set()))
        await create_instruments(pool, [_spec(symbol) for symbol in added])
        await pool.execute("DELETE FROM instruments WHERE symbol = ANY($1::text[])", list(removed - kept))
    assert walked == sorted(set(walked), key=str.encode)
    assert kept <= set(walked)


async def test_stored_intervals_are_those_with_bars(pool: Pool) -> None:
    """Shortest first, rollups included; an instrument without bars is absent."""
    acme, nadir = await instrument(pool), await instrument(pool, "NADIR")
    await store(pool, acme, Interval.H1, spaced(3, Interval.H1))
    found = await stored_intervals(pool, [acme.id, nadir.id])
    assert found == {acme.id: [Interval.H1, Interval.H4, Interval.D1, Interval.W1]}


async def test_reads_have_the_revision_of_their_own_snapshot(pool: Pool) -> None:
    """Also those that find nothing."""
    nothing = InstrumentPage(search="ACME")

    async def revisions() -> set[int]:
        reads = (
            read_instruments_by_name(pool, ["ACME", "A\0"]),
            read_instruments_by_name(pool, []),
            read_intervals(pool, [1]),
            read_instrument_page(pool, nothing),
            read_instrument_page(pool, InstrumentPage(first=1, after="A")),
            read_instrument_count(pool, nothing),
        )
        return {(await read).revision for read in reads}

    assert len(await revisions()) == 1
    await pool.execute("UPDATE collections SET revision = 40")
    assert await revisions() == {40}
    acme = await instrument(pool)
    await store(pool, acme, Interval.D1, spaced(2, Interval.D1))
    await pool.execute("UPDATE collections SET revision = 41")
    assert await revisions() == {41}
    assert (await read_instruments_by_name(pool, ["ACME"])).value == {"ACME": acme}
    assert (await read_intervals(pool, [acme.id])).value == {acme.id: [Interval.D1, Interval.W1]}
    assert (await read_instrument_page(pool, nothing)).value == [acme]
    assert (await read_instrument_count(pool, nothing)).value == 1
