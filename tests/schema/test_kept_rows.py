"""Lists whose texts are kept say what every other list says, and are made once."""

from collections import Counter
from collections.abc import Container, Hashable
from typing import Any

import orjson
import pytest
import strawberry
from graphql import parse
from graphql.execution import Executor
from hypothesis import given, settings
from hypothesis import strategies as st

from schema import kept_rows
from schema.execution import ColumnExecutor
from schema.kept_rows import KeptRows, RowTexts
from schema.plans import Plans
from schema.resolving import asks_context, is_steady, with_direct_resolvers
from schema.row_plan import RowPlan
from tests.schema.stock import executed

_COUNT = 40
_read: Counter[int] = Counter()


@strawberry.type
class Below:
    """What a row leads to."""

    number: int

    @strawberry.field
    @asks_context
    def moving(self, info: strawberry.Info) -> int:
        """Another one in each operation."""
        return int(info.context["base"] + self.number)


@strawberry.type
class Row:
    """A row whose number is read where its name is."""

    number: int

    @strawberry.field
    def name(self) -> str:
        """Counts how often it is read."""
        _read[self.number] += 1
        return f'row "{self.number}"'

    @strawberry.field
    def below(self) -> Below:
        """An object."""
        return Below(number=self.number)

    @strawberry.field
    @asks_context
    @is_steady
    def steady(self, info: strawberry.Info) -> int:
        """The same in each operation, with the help of the context."""
        return int(info.context["base"] * 0 + self.number)

    @strawberry.field
    @asks_context
    def moving(self, info: strawberry.Info) -> int:
        """Another one in each operation."""
        return int(info.context["base"] + self.number)

    @strawberry.field
    def failing(self) -> int | None:
        """An error for one row."""
        if self.number == 2:
            raise ValueError("two")
        return self.number

    @strawberry.field
    def times(self, by: int) -> int:
        """Something that is asked for with arguments."""
        return self.number * by


_ROWS = [Row(number=number) for number in range(_COUNT)]


def _none(known: Container[Hashable], most: int) -> dict[Hashable, Row]:
    return {}


def _others(known: Container[Hashable], most: int) -> dict[Hashable, Row]:
    return {one.number: one for one in [one for one in _ROWS if one.number not in known][:most]}


@strawberry.type
class Query:
    """Lists of the same rows."""

    @strawberry.field
    def rows(self, info: strawberry.Info, of: list[int]) -> list[Row]:
        """Some of them."""
        return KeptRows([_ROWS[one] for one in of], of, info.context["texts"], info.context["others"])


_SCHEMA = with_direct_resolvers(strawberry.Schema(Query))._schema
_FIELDS = ("number", "name", "again: name", "below { number }", "steady", "moving", "below { moving }", "failing")


@pytest.mark.parametrize("fields", [*_FIELDS, "times(by: 2)", "number name steady below { number __typename }"])
@given(lists=st.lists(st.lists(st.integers(0, _COUNT - 1), max_size=6, unique=True), min_size=2, max_size=4))
@settings(max_examples=20, deadline=None)
async def test_a_list_says_what_it_always_said(fields: str, lists: list[list[int]]) -> None:
    """In each operation, whatever was asked for before, with the same errors in the same places."""
    document, plans, texts = parse(_asking(fields)), Plans(), RowTexts()
    for others in (_none, _others):
        for base in (1, 2):
            context = {"base": base, "texts": texts, "others": others}
            for of in lists:
                stock = await executed(Executor, _SCHEMA, document, {"of": of}, context)
                assert await executed(ColumnExecutor, _SCHEMA, document, {"of": of}, context, plans) == stock


def _asking(fields: str) -> str:
    return f"query ($of: [Int!]!) {{ rows(of: $of) {{ {fields} }} }}"


class Asking:
    """Executes one document again and again, with texts that are kept."""

    def __init__(self, fields: str, others: Any = _none) -> None:
        self._document = parse(_asking(fields))
        self._plans = Plans()
        self._context = {"base": 1, "texts": RowTexts(), "others": others}

    async def read(self, *of: int) -> dict[int, int]:
        """The rows that were read for a list, each with how often it was."""
        _read.clear()
        await executed(ColumnExecutor, _SCHEMA, self._document, {"of": of}, self._context, self._plans)
        return dict(_read)


async def test_a_row_is_read_once() -> None:
    """Whatever lists it is in; each way to select it has texts of its own."""
    asking = Asking("name number")
    assert await asking.read(1, 2, 3) == {1: 1, 2: 1, 3: 1}
    assert await asking.read(3, 2, 4) == {4: 1}
    assert await asking.read(4, 3, 2, 1) == {}
    assert await Asking("name").read(1, 2) == {1: 1, 2: 1}


@pytest.mark.parametrize("fields", ["name moving", "name below { moving }", "name failing", "name times(by: 2)"])
async def test_what_may_be_another_is_read_again(fields: str) -> None:
    """For somebody else, or with other arguments; and where a row has an error."""
    asking = Asking(fields)
    first = await asking.read(1, 2)
    assert first.keys() == {1, 2}
    assert await asking.read(1, 2) == first


async def test_with_one_that_is_missing_come_as_many_as_there_are() -> None:
    """So those of a thousand lists are made in few."""
    asking = Asking("name", _others)
    assert await asking.read(20, 21) == {20: 1, 21: 1}
    assert await asking.read(21, 22) == {22: 1, 0: 1, 1: 1}
    assert await asking.read(0, 1, 20) == {}
    assert (await asking.read(39)).keys() == {39, 2, 3, 4, 5, 6}


async def test_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none everything goes, and what is asked for is there nevertheless."""
    monkeypatch.setattr(kept_rows, "_MOST_CHARACTERS", 90)
    monkeypatch.setattr(kept_rows, "_PLAN_CHARACTERS", 0)
    asking = Asking("name")
    assert await asking.read(1, 2) == {1: 1, 2: 1}
    assert await asking.read(1, 3, 4, 5) == {3: 1, 4: 1, 5: 1}
    assert await asking.read(3, 4, 5) == {}
    assert await asking.read(1, 2) == {1: 1, 2: 1}


def test_a_selection_takes_room_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short its texts are: it keeps its document."""
    monkeypatch.setattr(kept_rows, "_MOST_CHARACTERS", 100)
    monkeypatch.setattr(kept_rows, "_PLAN_CHARACTERS", 40)
    texts, one, other = RowTexts(), RowPlan((), {}), RowPlan((), {})
    texts.keep(one, {1: "x" * 10})
    texts.keep(other, {1: "x" * 5})
    assert (texts.of(one), texts.of(other)) == ({1: "x" * 10}, {1: "x" * 5})
    texts.keep(other, {2: "x" * 10})
    assert (texts.of(one), texts.of(other)) == ({}, {2: "x" * 10})
    texts.keep(other, {3: "x" * 50})
    assert texts.of(other).keys() == {2, 3}


async def test_an_item_by_itself_is_the_one_of_the_list() -> None:
    """As streams take them."""

    class Splitting(ColumnExecutor):
        splits = True

    context = {"base": 1, "texts": RowTexts(), "others": _none}
    for _ in range(2):
        answers = [
            (await executed(kind, _SCHEMA, _asking("name number"), {"of": [3, 1]}, context))[0]
            for kind in (ColumnExecutor, Splitting)
        ]
        assert answers[0] == answers[1]
        assert orjson.loads(answers[1])["rows"][1] == {"name": 'row "1"', "number": 1}
