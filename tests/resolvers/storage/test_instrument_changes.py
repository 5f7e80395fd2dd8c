"""What becomes of instruments that are created and edited, also by several people at once."""

import asyncio

import pytest

from resolvers.errors import Conflict
from resolvers.model.instrument import InstrumentSpec
from resolvers.model.instrument_page import InstrumentPage
from resolvers.storage.instrument_changes import create_instruments, update_instrument
from resolvers.storage.instruments import instrument_page, instruments_by_id, instruments_by_name
from resolvers.storage.pool import Pool
from tests.bars import instrument

_LIMIT_SECONDS = 20


def _spec(symbol: str, *aliases: str) -> InstrumentSpec:
    return InstrumentSpec(symbol=symbol, aliases=aliases)


async def _symbols(pool: Pool, **page: object) -> list[str]:
    return [one.symbol for one in await instrument_page(pool, InstrumentPage(**page))]  # type: ignore[arg-type]


async def test_a_symbol_that_is_anothers_alias_makes_no_second_instrument(pool: Pool) -> None:
    """It is the one that is found under it, and no instrument is left that nobody can find."""
    first = (await create_instruments(pool, [_spec("BRK.B", "BRK-B")]))["BRK.B"]
    assert await create_instruments(pool, [_spec("BRK-B", "BRK.B")]) == {"BRK-B": first}
    assert await _symbols(pool) == ["BRK.B"]


async def test_an_alias_that_somebody_has_is_left_to_them(pool: Pool) -> None:
    """Also when both come in one call, where symbols go first."""
    made = await create_instruments(pool, [_spec("AAA", "BBB", "CCC"), _spec("BBB", "CCC"), _spec("DDD", "AAA")])
    assert {one.symbol: one.spec.aliases for one in made.values()} == {"AAA": ("CCC",), "BBB": (), "DDD": ()}


async def test_creating_again_changes_nothing(pool: Pool) -> None:
    """Not even with other values, or with the same symbol twice in a call."""
    made = await create_instruments(pool, [_spec("ACME", "AC"), _spec("ACME")])
    assert await create_instruments(pool, [_spec("ACME", "OTHER")]) == made
    assert await create_instruments(pool, []) == {}


async def test_calls_that_want_each_others_names_do_not_wait_in_a_circle(pool: Pool) -> None:
    """Each name belongs to one instrument in the end, and each instrument is found by its symbol."""
    pairs = [(f"A{n}.B", f"A{n}-B") for n in range(20)]
    async with asyncio.timeout(_LIMIT_SECONDS):
        await asyncio.gather(
            *(create_instruments(pool, [_spec(one, other) for one, other in pairs]) for _ in range(2)),
            *(create_instruments(pool, [_spec(other, one) for one, other in reversed(pairs)]) for _ in range(2)),
        )
    listed = await _symbols(pool, first=100)
    assert len(listed) == 20
    assert {name: one.symbol for name, one in (await instruments_by_name(pool, listed)).items()} == dict(
        zip(listed, listed, strict=True)
    )


async def test_an_update_changes_what_was_given(pool: Pool) -> None:
    """Columns and aliases; without aliases they stay."""
    acme = await instrument(pool, aliases=("AC", "ACM"))
    edited = await update_instrument(pool, acme, {"name": "Acme", "tick_size": 0.5}, None)
    assert (edited.spec.name, edited.spec.tick_size, edited.spec.aliases) == ("Acme", 0.5, ("AC", "ACM"))
    edited = await update_instrument(pool, acme, {}, ["ACM", "ACME", "A1", "A1"])
    assert (edited.spec.name, edited.spec.aliases) == ("Acme", ("A1", "ACM"))
    edited = await update_instrument(pool, acme, {"name": None}, [])
    assert (edited.spec.name, edited.spec.aliases) == (None, ())
    assert list(await instruments_by_name(pool, ["ACME", "ACM", "A1"])) == ["ACME"]


@pytest.mark.parametrize("alias", ["NADIR", "NA"])
async def test_a_name_of_another_is_refused_and_nothing_changes(pool: Pool, alias: str) -> None:
    """Its symbol and its alias alike; the columns of the same call are not changed either."""
    acme = await instrument(pool, aliases=("AC",))
    await instrument(pool, "NADIR", aliases=("NA",))
    with pytest.raises(Conflict, match=f"another instrument is already found as {alias}"):
        await update_instrument(pool, acme, {"name": "Acme"}, ["A0", alias])
    assert await instruments_by_id(pool, [acme.id]) == {acme.id: acme}


async def test_editors_who_swap_aliases_do_not_wait_in_a_circle(pool: Pool) -> None:
    """One of each pair may be refused, but none waits for ever and no alias is lost or doubled."""
    acme, nadir = await instrument(pool), await instrument(pool, "NADIR")
    aliases = [f"N{n}" for n in range(20)]
    async with asyncio.timeout(_LIMIT_SECONDS):
        ends = await asyncio.gather(
            *(update_instrument(pool, one, {}, aliases) for _ in range(4) for one in (acme, nadir)),
            return_exceptions=True,
        )
    assert {type(end) for end in ends if isinstance(end, BaseException)} == {Conflict}
    owners = {one.id for one in (await instruments_by_name(pool, aliases)).values()}
    assert len(owners) == 1
