"""A root list executed once, its items apart."""

import gc
import weakref
from typing import Any

import orjson
import pytest
from graphql import parse
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable

from schema.items import ItemExecutor
from tests.gateway.streams.live_schema import LIVE
from tests.schema.odd_schema import SCHEMA, Act, Later, LongerRow, Row, Series
from tests.schema.stock import executed


async def _items(text: str, objects: list[Any]) -> list[tuple[bytes, list[Any]]]:
    executor: Any = ItemExecutor.build(LIVE, parse(text), is_awaitable=optimized_is_awaitable)  # type: ignore[arg-type]
    started = executor.started(objects)
    values = await started if optimized_is_awaitable(started) else started
    return [
        (orjson.dumps(one.value), [(path, error.message) for path, error in one.errors])
        for one in executor.finished(values)
    ]


def test_a_dissolved_executor_is_gone_with_its_last_name() -> None:
    """Nothing is left for the collector of garbage to find."""
    executor: Any = ItemExecutor.build(LIVE, parse("subscription { rows(names: []) { name } }"))
    executor.finished(executor.started([Row(name="a")]))
    known = weakref.ref(executor)
    gc.disable()
    try:
        executor.dissolve()
        del executor
        assert known() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("selected", ["name price", "name price later", "name others { must }", "__typename"])
async def test_items_together_are_the_list(selected: str) -> None:
    """Leaves that are written as text, fields that wait, and objects."""
    rows = [Row(name="a", price=1.0, below=[Row(name="c")]), Row(name='b",{', price=None)]
    text = f"subscription {{ rows(names: []) {{ {selected} }} }}"

    items = await _items(text, rows)

    data, _ = await executed(Executor, SCHEMA, f"{{ allRows {{ {selected} }} }}", {}, {"rows": rows})
    assert b'{"allRows":[' + b",".join(body for body, _ in items) + b"]}" == data


async def test_an_item_that_fails_is_null_by_itself() -> None:
    """Its errors are its own, with their paths below it, though its type allows no null."""
    wrong: Any = "no"
    rows = [Row(name="a"), Row(name="b", must=wrong), ValueError("gone"), None, Row(name="e", price=wrong)]

    items = await _items("subscription { rows(names: []) { name price must } }", rows)

    assert [body for body, _ in items] == [
        b'{"name":"a","price":1.5,"must":2.5}',
        b"null",
        b"null",
        b"null",
        b'{"name":"e","price":null,"must":2.5}',
    ]
    assert [errors for _, errors in items] == [
        [],
        [(("must",), "Float cannot represent non numeric value: 'no'")],
        [((), "gone")],
        [((), "Cannot return null for non-nullable field Subscription.rows.")],
        [(("price",), "Float cannot represent non numeric value: 'no'")],
    ]


async def test_null_items_are_no_errors_where_they_may_be() -> None:
    """A list of nullable items."""
    assert await _items("subscription { someRows(names: []) { name } }", [None, Row(name="a")]) == [
        (b"null", []),
        (b'{"name":"a"}', []),
    ]


async def test_an_item_that_fails_later_fails_alone() -> None:
    """Resolvers that wait."""
    rows = [Row(name="a", needed=Act("raise", 1)), Row(name="b")]

    items = await _items("subscription { rows(names: []) { name mustLater } }", rows)

    assert items == [(b"null", [(("mustLater",), "raised 1")]), (b'{"name":"b","mustLater":1}', [])]


async def test_rows_and_values_on_columns_have_their_texts() -> None:
    """A root list that is backed by columns, by rows and as one column."""
    series = Series(values=[1.5, 2.5], seconds=[1, 2])
    for text in ("{ lines { time price } }", "{ prices }"):
        executor: Any = ItemExecutor.build(SCHEMA, parse(text), context_value={"series": series})
        field = executor.execute_operation().data
        stock, _ = await executed(Executor, SCHEMA, text, {}, {"series": series})
        assert orjson.dumps(field) == stock
        (items,) = field.values()
        assert len(items) == 2
        assert all(isinstance(one, orjson.Fragment) for one in items)


@pytest.mark.parametrize(
    ("beside", "is_written"),
    [
        ([Row(name="b"), Row(name="c")], True),
        ([Row(name="b", whole="no"), Row(name="c")], False),  # type: ignore[arg-type]
        ([Row(name="b"), None], False),
        ([Row(name="b"), LongerRow(name="c")], False),
        ([Row(name="b"), ValueError("gone")], False),
        ([Later(Row(name="b")), Row(name="c")], False),
    ],
    ids=["regular", "a wrong value", "a null", "another class", "an error", "to await"],
)
async def test_objects_of_objects_are_read_by_column(beside: list[Any], is_written: bool) -> None:
    """Each item is a text, with what is nested in it; where something is irregular, it is done as by graphql-core."""
    rows = [Row(name="a", beside=one) for one in beside]
    selected = "name n: besideOrNone { name whole besideOrNone { name } m: method }"
    for row in beside:
        if isinstance(row, Row):
            row.beside = Row(name="deeper")
    context = {"rows": rows}
    executor: Any = ItemExecutor.build(SCHEMA, parse(f"{{ rows {{ {selected} }} }}"), context_value=context)
    result = executor.execute_operation()
    data = (await result if hasattr(result, "__await__") else result).data
    stock, _ = await executed(Executor, SCHEMA, f"{{ rows {{ {selected} }} }}", {}, context)
    assert orjson.dumps(data) == stock
    assert all(isinstance(one, orjson.Fragment) for one in data["rows"]) is is_written
