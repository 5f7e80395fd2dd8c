"""Fields that ask for nothing but the context are read by column, with one ``info`` for all rows."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
import strawberry

from schema.build import build_schema
from schema.getters import bound_getter_of
from schema.resolving import asks_context, with_direct_resolvers
from tests.schema.stock import assert_no_difference, assert_no_difference_again


@strawberry.type
class Below:
    """What a row leads to."""

    number: int


@strawberry.type
class Row:
    """Fields that ask for the context, and some that ask for more."""

    number: int

    @strawberry.field
    @asks_context
    def sum(self, info: strawberry.Info) -> int:
        """At once."""
        return int(info.context["base"] + self.number)

    @strawberry.field
    @asks_context
    def failing(self, info: strawberry.Info) -> int | None:
        """An error for one row."""
        if self.number == 2:
            raise ValueError("two")
        return self.number

    @strawberry.field(graphql_type=int)  # type: ignore[untyped-decorator]
    @asks_context
    def mixed(self, info: strawberry.Info) -> int | Awaitable[int]:
        """At once for odd numbers."""
        return self.number if self.number % 2 else _later(self.number)

    @strawberry.field(graphql_type=Below)  # type: ignore[untyped-decorator]
    @asks_context
    def below(self, info: strawberry.Info) -> Below | Awaitable[Below]:
        """An object, at once where the context says so."""
        found = Below(number=self.number)
        return found if info.context["at_once"] or self.number == 1 else _later(found)

    @strawberry.field(graphql_type=Below | None)  # type: ignore[untyped-decorator]
    @asks_context
    def perhaps(self, info: strawberry.Info) -> Below | None:
        """An object or none."""
        return None if self.number == 1 else Below(number=self.number)

    @strawberry.field
    @asks_context
    def listed(self, info: strawberry.Info) -> list[int]:
        """A list, which is no value of a column."""
        return [self.number]

    @strawberry.field
    def path(self, info: strawberry.Info) -> str:
        """What is another one for each row."""
        return str(info.path.as_list())


async def _later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


@strawberry.type
class Query:
    """A list of rows."""

    @strawberry.field
    def rows(self) -> list[Row]:
        """Three."""
        return [Row(number=number) for number in (1, 2, 3)]


_SCHEMA = with_direct_resolvers(strawberry.Schema(Query))._schema
_FIELDS = ("sum", "failing", "mixed", "below { number }", "perhaps { number }", "listed", "path")


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("fields", [*_FIELDS, " ".join(_FIELDS), "sum again: sum below { number __typename }"])
async def test_answers_are_those_of_each_row_by_itself(fields: str, at_once: bool) -> None:
    """With the same errors in the same places."""
    context = {"base": 10, "at_once": at_once}
    await assert_no_difference(_SCHEMA, f"{{ rows {{ {fields} }} }}", context)
    await assert_no_difference(_SCHEMA, f"{{ rows {{ number {fields} }} }}", context)


async def test_answers_have_what_the_context_has() -> None:
    """What the comparison compares is not empty."""
    context = {"base": 10, "at_once": False}
    answer = await assert_no_difference(_SCHEMA, "{ rows { sum failing mixed below { number } path } }", context)
    assert answer.startswith(b'{"rows":[{"sum":11,"failing":1,"mixed":1,"below":{"number":1},"path":"[')
    assert b'{"sum":12,"failing":null,"mixed":2,"below":{"number":2}' in answer
    assert b"'rows', 2, 'path'" in answer


async def test_what_is_selected_follows_the_variables() -> None:
    """It is kept with the document, by the conditions that it has, of fields and of fragments."""
    text = """query ($with: Boolean!, $number: Boolean = true) { rows {
        number @include(if: $number) sum @skip(if: $with) ...Objects @include(if: $with) } }
        fragment Objects on Row { below { number @include(if: $number) __typename } }"""
    given = [{"with": True}, {"with": False}, {"with": True, "number": False}, {"with": True}, {"with": False}]
    await assert_no_difference_again(_SCHEMA, text, {"base": 10, "at_once": True}, given)


def test_only_marked_values_are_read_so() -> None:
    """Not lists, and nothing that asks for more; nor where strawberry calls the function."""
    assert _asking(_SCHEMA, "Row") == {"sum", "failing", "mixed", "below", "perhaps"}
    assert _asking(strawberry.Schema(Query)._schema, "Row") == set()


def test_signals_are_read_so() -> None:
    """Their instruments and words are at hand, as a rule: no task for each of them."""
    assert _asking(build_schema()._schema, "Signal") == {"instrument", "status", "rationale"}


def _asking(schema: Any, name: str) -> set[str]:
    fields = schema.type_map[name].fields
    return {name for name, field in fields.items() if bound_getter_of(field, None) is not None}  # type: ignore[arg-type]
