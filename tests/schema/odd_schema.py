"""A strawberry schema whose values may be anything, for comparing executors."""

import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, NewType, Union

import numpy as np
import strawberry
from graphql.pyutils import Undefined
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from schema.columns import BooleanColumn, Column, ColumnSet, FloatColumn, IntegerColumn, MomentColumn, RowList

Odd = NewType("Odd", object)


def _odd(value: object) -> object:
    """What the scalar Odd makes of a value: itself, nothing, or an error."""
    if value == "no":
        raise ValueError("an odd value that has no text")
    return None if value == "none" else str(value)


class Later:
    """Something to await, as often as one likes, which takes some steps of the event loop."""

    def __init__(self, value: Any, steps: int = 1) -> None:
        self.value = value
        self.steps = steps

    def __await__(self) -> Generator[None, None, Any]:
        for _ in range(self.steps):
            yield
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def __str__(self) -> str:
        return "later"


@dataclass(frozen=True, slots=True)
class Act:
    """
    What a resolver does.

    Attributes:
        how: ``return``, ``raise``, or ``await``, with which it returns a coroutine.
    """

    how: str
    value: Any = None

    def __call__(self) -> Any:
        """Does it."""
        if self.how == "await":
            return self._later()
        if self.how == "raise":
            raise ValueError(f"raised {self.value}")
        return self.value

    async def _later(self) -> Any:
        if self.value == "raise":
            raise ValueError("raised later")
        return self.value


@strawberry.enum
class Color(Enum):
    """An enumeration."""

    RED = "red"
    BLUE = "blue"


class Never(BasePermission):
    """Lets nobody through."""

    message = "no permission"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        """Never."""
        return False


class Doubled(FieldExtension):
    """Doubles what a field returns."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:
        """Twice the value."""
        return next_(source, info, **arguments) * 2


class Negated(StrawberryField):
    """A field with its own way to a result."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The attribute's negative."""
        return -getattr(source, self.python_name)


async def _settled(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value


def _keyword_only(*, root: "Row") -> str:
    return f"{root.name}!"


@strawberry.interface
class Named:
    """Base of all."""

    name: str


@strawberry.type
class Row(Named):
    """A row, whose values may be of the wrong kind."""

    count: int = 1
    whole: int | None = 1
    price: float | None = 1.5
    must: float = 2.5
    flag: bool | None = True
    color: Color | None = Color.RED
    when: datetime | None = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    odd: Odd | None = None
    old: str | None = strawberry.field(default="old", deprecation_reason="It is old.")
    forbidden: int | None = strawberry.field(default=1, permission_classes=[Never])
    doubled: int | None = strawberry.field(default=3, extensions=[Doubled()])
    negated: int = Negated(python_name="negated", default=4)  # type: ignore[assignment]
    grid: list[list[int | None]] = strawberry.field(default_factory=lambda: [[1, None], []])
    hidden: strawberry.Private[Act] = Act("return", 1)
    needed: strawberry.Private[Act] = Act("return", 1)
    below: strawberry.Private[Any] = ()
    beside: strawberry.Private[Any] = None
    calls: strawberry.Private[Counter[str]] = field(default_factory=Counter)

    keyword_only: str = strawberry.field(resolver=_keyword_only)

    def _act(self, name: str, act: Act) -> Any:
        self.calls[name] += 1
        return act()

    @strawberry.field
    def method(self) -> int | None:
        return self._act("method", self.hidden)  # type: ignore[no-any-return]

    @strawberry.field
    def must_method(self) -> int:
        return self._act("mustMethod", self.needed)  # type: ignore[no-any-return]

    @strawberry.field
    def odd_method(self) -> Odd | None:
        return self._act("oddMethod", self.hidden)  # type: ignore[no-any-return]

    @strawberry.field
    def informed(self, info: strawberry.Info) -> str:
        self.calls["informed"] += 1
        return f"{info.path.as_list()} {info.field_name}"

    @strawberry.field
    def scaled(self, by: int | None = 2, offset: float = 0.5) -> float | None:
        self.calls["scaled"] += 1
        if by == 0:
            raise ValueError("by nothing")
        return None if by is None else by * 1.0 + offset

    @strawberry.field
    async def later(self) -> int | None:
        return await _settled(self._act("later", self.hidden))  # type: ignore[no-any-return]

    @strawberry.field
    async def must_later(self) -> int:
        return await _settled(self._act("mustLater", self.needed))  # type: ignore[no-any-return]

    @strawberry.field
    def others(self) -> list["Row"]:
        self.calls["others"] += 1
        return list(self.below)

    @strawberry.field
    def beside_or_none(self) -> Union["Row", None]:
        self.calls["besideOrNone"] += 1
        return self.beside  # type: ignore[no-any-return]

    @strawberry.field
    def beside_for_sure(self) -> "Row":
        self.calls["besideForSure"] += 1
        return self.beside  # type: ignore[no-any-return]


@strawberry.type
class LongerRow(Row):
    """A row that knows more."""

    more: str = "more"


@strawberry.type
class Other(Named):
    """Something else."""

    size: int = 7


@strawberry.type
class Alone:
    """A type that no interface tells from others."""

    size: int = 7


Either = Annotated[Row | Other, strawberry.union("Either")]


class Lines(RowList):
    """Rows on columns, of which some cannot be had."""

    def __init__(self, series: "Series") -> None:
        self._series = series

    def column(self, name: str, arguments: Mapping[str, Any]) -> Column | dict[str, Column]:
        """The column of a field."""
        return self._series.column(name, arguments)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._series.values)

    def __getitem__(self, index: Any) -> Any:
        """A row."""
        if index >= len(self):
            raise IndexError
        return Line(series=self._series, index=index)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Columns of a few values, the same for all fields."""

    values: list[float]
    seconds: list[int] = field(default_factory=list)
    refused: frozenset[str] = frozenset()

    def column(self, name: str, arguments: Mapping[str, Any]) -> Column | dict[str, Column]:
        """The column of a field; some are refused."""
        if name in self.refused:
            raise ValueError(f"{name} is refused")
        array = np.array(self.values, np.float64)
        numbers = np.array(self.seconds, np.int64)
        match name:
            case "time":
                return MomentColumn(numbers)
            case "whole":
                return IntegerColumn("Int", numbers)
            case "isLarge":
                return BooleanColumn(array > 1)
            case "pair":
                return {"left": FloatColumn(array), "right": FloatColumn(array * 2)}
            case "scaled":
                return FloatColumn(array * arguments["by"])
            case _:
                return FloatColumn(array)


@strawberry.type
class Pair:
    """Two lines at one row."""

    left: float | None
    right: float


@strawberry.type
class Line:
    """A row on columns."""

    series: strawberry.Private[Series]
    index: strawberry.Private[int]

    def _at(self, name: str, **arguments: Any) -> Any:
        column = self.series.column(name, arguments)
        if isinstance(column, Mapping):
            return Pair(**{line: values[self.index] for line, values in column.items()})
        return column[self.index]

    @strawberry.field
    def time(self) -> datetime | None:
        return self._at("time")  # type: ignore[no-any-return]

    @strawberry.field
    def whole(self) -> int | None:
        return self._at("whole")  # type: ignore[no-any-return]

    @strawberry.field
    def is_large(self) -> bool:
        return self._at("isLarge")  # type: ignore[no-any-return]

    @strawberry.field
    def price(self) -> float | None:
        return self._at("price")  # type: ignore[no-any-return]

    @strawberry.field
    def must(self) -> float:
        return self._at("must")  # type: ignore[no-any-return]

    @strawberry.field
    def pair(self) -> Pair | None:
        return self._at("pair")  # type: ignore[no-any-return]

    @strawberry.field
    def scaled(self, by: int = 2) -> float | None:
        return self._at("scaled", by=by)  # type: ignore[no-any-return]


async def _one_by_one(rows: list[Any]) -> AsyncIterator[Any]:
    for row in rows:
        yield row


@strawberry.type
class PairLists:
    """Two lines."""

    left: list[float | None]
    right: list[float]


@strawberry.type
class Lists(ColumnSet):
    """All columns, of which some cannot be had."""

    series: strawberry.Private[Series]

    def column(self, name: str, arguments: Mapping[str, Any]) -> Column | dict[str, Column]:
        """The column of a field."""
        return self.series.column(name, arguments)

    def _whole(self, name: str, **arguments: Any) -> Any:
        column: Any = self.series.column(name, arguments)
        return PairLists(**column) if isinstance(column, dict) else column

    @strawberry.field
    def time(self) -> list[datetime | None] | None:
        return self._whole("time")  # type: ignore[no-any-return]

    @strawberry.field
    def whole(self) -> list[int]:
        return self._whole("whole")  # type: ignore[no-any-return]

    @strawberry.field
    def is_large(self) -> list[bool] | None:
        return self._whole("isLarge")  # type: ignore[no-any-return]

    @strawberry.field
    def price(self) -> list[float | None]:
        return self._whole("price")  # type: ignore[no-any-return]

    @strawberry.field
    def must(self) -> list[float] | None:
        return self._whole("must")  # type: ignore[no-any-return]

    @strawberry.field
    def pair(self) -> PairLists | None:
        return self._whole("pair")  # type: ignore[no-any-return]

    @strawberry.field
    def scaled(self, by: int = 2) -> list[float | None] | None:
        return self._whole("scaled", by=by)  # type: ignore[no-any-return]


def _column(info: strawberry.Info, name: str, **arguments: Any) -> Any:
    return info.context["series"].column(name, arguments)


@strawberry.type
class Query:
    """Lists of everything that the context holds."""

    @strawberry.field
    def rows(self, info: strawberry.Info) -> list[Row] | None:
        return info.context["rows"]  # type: ignore[no-any-return]

    @strawberry.field
    def all_rows(self, info: strawberry.Info) -> list[Row]:
        return info.context["rows"]  # type: ignore[no-any-return]

    @strawberry.field
    def some_rows(self, info: strawberry.Info) -> list[Row | None] | None:
        return info.context["rows"]  # type: ignore[no-any-return]

    @strawberry.field
    async def late_rows(self, info: strawberry.Info) -> list[Row | None]:
        return info.context["rows"]  # type: ignore[no-any-return]

    @strawberry.field
    def tuple_of_rows(self, info: strawberry.Info) -> list[Row | None] | None:
        return tuple(info.context["rows"])  # type: ignore[return-value]

    @strawberry.field
    def generated(self, info: strawberry.Info) -> list[Row | None] | None:
        return _one_by_one(info.context["rows"])  # type: ignore[return-value]

    @strawberry.field
    def named(self, info: strawberry.Info) -> list[Named | None] | None:
        return info.context["rows"]  # type: ignore[no-any-return]

    @strawberry.field
    def either(self, info: strawberry.Info) -> list[Either | None] | None:
        return info.context["rows"]  # type: ignore[no-any-return]

    @strawberry.field
    def matrix(self, info: strawberry.Info) -> list[list[Row | None] | None] | None:
        return [info.context["rows"], None, [], info.context["rows"][:1]]

    @strawberry.field
    def alone(self, info: strawberry.Info) -> list[Alone | None] | None:
        return info.context["rows"]  # type: ignore[no-any-return]

    @strawberry.field
    def lines(self, info: strawberry.Info) -> list[Line] | None:
        return Lines(info.context["series"])  # type: ignore[return-value]

    @strawberry.field
    def some_lines(self, info: strawberry.Info) -> list[Line | None]:
        return Lines(info.context["series"])  # type: ignore[return-value]

    @strawberry.field
    def lists(self, info: strawberry.Info) -> Lists | None:
        return Lists(series=info.context["series"])

    @strawberry.field
    def prices(self, info: strawberry.Info, by: int = 1) -> list[float | None] | None:
        return _column(info, "scaled", by=by)  # type: ignore[no-any-return]

    @strawberry.field
    def all_prices(self, info: strawberry.Info) -> list[float] | None:
        return _column(info, "price")  # type: ignore[no-any-return]

    @strawberry.field
    def times(self, info: strawberry.Info) -> list[datetime | None] | None:
        return _column(info, "time")  # type: ignore[no-any-return]

    @strawberry.field
    def wholes(self, info: strawberry.Info) -> list[int] | None:
        return _column(info, "whole")  # type: ignore[no-any-return]


def _moment(value: datetime | int) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return moment.isoformat().replace("+00:00", "Z")


SCHEMA = strawberry.Schema(
    query=Query,
    types=(LongerRow, Other),
    config=StrawberryConfig(
        scalar_map={
            Odd: strawberry.scalar(name="Odd", serialize=_odd),
            datetime: strawberry.scalar(name="DateTime", serialize=_moment),
        }
    ),
)._schema

WRONG: Iterable[Any] = (
    None,
    Undefined,
    2**31,
    -(2**40),
    math.nan,
    math.inf,
    True,
    "text",
    "no",
    "none",
    b"bytes",
    [1],
    ValueError("a returned error"),
    Color.BLUE,
    Later(3),
    Later(None),
    Later(ValueError("a late error")),
)
"""Values that may be where none of their kind is expected."""
