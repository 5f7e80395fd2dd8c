"""Cursors: what they stand for, and pages that no insert moves."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import BadInput, TooLarge
from resolvers.storage.pool import Pool
from schema.pagination import MAX_PAGE, checked_first, cursor_of, key_of
from tests.bars import instrument
from tests.servers import RunningGateway

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
_PAGE = """query ($first: Int! = 3, $after: String) { instruments(first: $first, after: $after) {
    totalCount nodes { symbol } edges { cursor node { symbol } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@given(_TEXT)
def test_a_cursor_gives_back_its_key(key: str) -> None:
    """Whatever characters a key has."""
    assert key_of("instrument", cursor_of("instrument", key)) == key


@given(_TEXT.filter(lambda kind: kind != "instrument" and not kind.startswith("instrument:")), _TEXT)
def test_a_cursor_of_another_connection_is_refused(kind: str, key: str) -> None:
    """A cursor of signals does not page through instruments."""
    with pytest.raises(BadInput):
        key_of("instrument", cursor_of(kind, key))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "é",
        "\0",
        "\ud800",
        cursor_of("instrument", ""),
        cursor_of("instrument", "A\0"),
        cursor_of("instrument", "ACME") + "!",
        cursor_of("instrument", "ACME") + "==",
        "!" + cursor_of("instrument", "ACME"),
        b64encode(b"instrument:\xfe?>").decode(),
        urlsafe_b64encode(b"instrument:\xed\xa0\x80").decode(),
    ],
)
def test_garbage_is_refused(cursor: str) -> None:
    """What we did not give out is an error that shows what was found."""
    with pytest.raises(BadInput, match="after must be a cursor of this connection, was "):
        key_of("instrument", cursor)


def test_no_cursor_is_the_beginning() -> None:
    """None and nothing else."""
    assert key_of("instrument", None) is None


def test_a_page_has_bounds() -> None:
    """Zero and the maximum are allowed, their neighbours are not."""
    assert (checked_first(0), checked_first(MAX_PAGE)) == (0, MAX_PAGE)
    with pytest.raises(BadInput, match="first must be at least 0, was -1"):
        checked_first(-1)
    with pytest.raises(TooLarge, match="a page holds at most 500 items, first was 501"):
        checked_first(MAX_PAGE + 1)


async def test_pages_cover_everything_once(gateway: RunningGateway, pool: Pool) -> None:
    """Each page continues behind the last; edges and nodes agree; the last page says that it is."""
    symbols = [f"S{number:02d}" for number in range(7)]
    for symbol in reversed(symbols):
        await instrument(pool, symbol)
    after, seen, flags = None, [], []
    while True:
        page = (await gateway.data(_PAGE, after=after))["instruments"]
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert page["totalCount"] == 7
        seen.append([one["symbol"] for one in page["nodes"]])
        flags.append((page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]))
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [symbols[:3], symbols[3:6], symbols[6:]]
    assert flags == [(False, True), (True, True), (True, False)]


async def test_inserts_and_deletes_move_nothing(gateway: RunningGateway, pool: Pool) -> None:
    """Rows that come before a cursor never shift what follows it; the cursor's own row may be gone."""
    for symbol in ("B", "D", "F", "H"):
        await instrument(pool, symbol)
    first = (await gateway.data(_PAGE, first=2))["instruments"]
    await instrument(pool, "A")
    await instrument(pool, "C")
    await instrument(pool, "E")
    await pool.execute("DELETE FROM instruments WHERE symbol = 'D'")
    second = (await gateway.data(_PAGE, first=2, after=first["pageInfo"]["endCursor"]))["instruments"]
    third = (await gateway.data(_PAGE, first=2, after=second["pageInfo"]["endCursor"]))["instruments"]
    pages = [[one["symbol"] for one in page["nodes"]] for page in (first, second, third)]
    assert pages == [["B", "D"], ["E", "F"], ["H"]]


async def test_an_empty_page_has_no_cursors(gateway: RunningGateway, pool: Pool) -> None:
    """Nothing asked for, and nothing there."""
    empty = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    page = (await gateway.data(_PAGE))["instruments"]
    assert page == {"totalCount": 0, "nodes": [], "edges": [], "pageInfo": empty}
    await instrument(pool)
    page = (await gateway.data(_PAGE, first=0))["instruments"]
    assert page == {"totalCount": 1, "nodes": [], "edges": [], "pageInfo": empty | {"hasNextPage": True}}


async def test_a_page_that_ends_with_the_last_row_is_the_last(gateway: RunningGateway, pool: Pool) -> None:
    """No empty page follows."""
    for symbol in "ABC":
        await instrument(pool, symbol)
    assert (await gateway.data(_PAGE, first=3))["instruments"]["pageInfo"]["hasNextPage"] is False
