"""Fields of bars, each defined once and shown twice: as a value of a row and as a list of the columns."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, overload

import strawberry
from strawberry.tools import create_type
from strawberry.types.field import StrawberryField

from resolvers.errors import GatewayError
from resolvers.market import CandleWindow
from schema.columns import Column, ColumnSet, RowList
from schema.cost import Cost
from schema.market_costs import PLAIN_WEIGHT

Columns = Column | dict[str, Column]


@dataclass(frozen=True, kw_only=True, slots=True)
class BarArgument:
    """An argument of a field of bars; *kind* is its Python type."""

    name: str
    kind: Any
    default: object
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BarField:
    """
    A field that every bar has.

    Attributes:
        kind: Python type of one value; for a field of several lines the type of each.
        lines: Name and description of each line; empty for a plain field.
        weight: What one value costs, and one of each line.
        is_kept: Whether its column is made of the stored bars alone, without arguments or a clock, and so may be
            kept with them, its text included.
        column: The values for all bars of a window, by the arguments given: a column, or one per line.
    """

    name: str
    description: str
    kind: Any
    column: Callable[[CandleWindow, Mapping[str, Any]], Columns]
    arguments: tuple[BarArgument, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    weight: str = PLAIN_WEIGHT
    is_kept: bool = False


class BarColumns(ColumnSet):
    """The bars of one window as columns, each made once however many rows or aliases ask for it."""

    __slots__ = ("_failed", "_fields", "_known", "window")

    def __init__(self, window: CandleWindow, fields: Mapping[str, BarField]) -> None:
        self.window = window
        self._fields = fields
        self._known: dict[tuple[object, ...], Columns] = {}
        self._failed: set[tuple[object, ...]] = set()

    def column(self, name: str, arguments: Mapping[str, Any]) -> Columns:
        """The column of a field by its name."""
        return self.of(self._fields[name], arguments)

    def of(self, field: BarField, given: Mapping[str, Any]) -> Columns:
        """The column of *field*, or its columns by line."""
        if field.is_kept:
            kept: Columns | None = self.window.kept.get(field.name)
            if kept is None:
                kept = self.window.kept[field.name] = field.column(self.window, given)
            return kept
        key = (field.name, *given.items())
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = field.column(self.window, given)
        return known

    def of_row(self, field: BarField, given: Mapping[str, Any]) -> Columns | None:
        """As `of`, for a row: a bad argument is as bad for every row, so only the first one says so."""
        key = (field.name, *given.items())
        if key in self._failed:
            return None
        try:
            return self.of(field, given)
        except GatewayError:
            self._failed.add(key)
            raise


@dataclass(frozen=True, slots=True)
class BarRow:
    """One bar of a window."""

    columns: BarColumns
    index: int


class BarRows(RowList):
    """The bars of a window as rows, made only when somebody asks for them one by one."""

    __slots__ = ("_columns",)

    def __init__(self, columns: BarColumns) -> None:
        self._columns = columns

    def column(self, name: str, arguments: Mapping[str, Any]) -> Columns:
        """The column of a field of the rows."""
        return self._columns.column(name, arguments)

    def __len__(self) -> int:
        """Number of bars."""
        return len(self._columns.window.bars)

    @overload
    def __getitem__(self, index: int) -> BarRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[BarRow]: ...
    def __getitem__(self, index: int | slice) -> BarRow | Sequence[BarRow]:
        """A bar."""
        if isinstance(index, slice):
            return [BarRow(self._columns, number) for number in range(*index.indices(len(self)))]
        return BarRow(self._columns, range(len(self))[index])


def column_type(name: str, description: str, fields: tuple[BarField, ...]) -> type:
    """The GraphQL type of `BarColumns`: the fields as lists."""
    return create_type(name, [_column_field(field) for field in fields], description=description)


def row_type(name: str, description: str, fields: tuple[BarField, ...]) -> type:
    """The GraphQL type of `BarRow`: the fields as single values."""
    return create_type(name, [_row_field(field) for field in fields], description=description)


def _column_field(field: BarField) -> StrawberryField:
    def resolve(root: BarColumns, **given: Any) -> Columns:
        return root.of(field, given)

    each = list[field.kind]  # type: ignore[name-defined]
    kind = _lines_type(field, each, "Columns") if field.lines else each
    # A bad argument takes its own list away and leaves the others.
    return _field(field, resolve, kind | None if field.arguments else kind)


def _row_field(field: BarField) -> StrawberryField:
    def resolve(root: BarRow, **given: Any) -> Any:
        column = root.columns.of_row(field, given)
        if isinstance(column, dict):
            return {name: values[root.index] for name, values in column.items()}
        return None if column is None else column[root.index]

    return _field(field, resolve, _lines_type(field, field.kind, "") | None if field.lines else field.kind)


def _field(field: BarField, resolve: Callable[..., Any], kind: Any) -> StrawberryField:
    """Gives *resolve* the signature that strawberry reads the field's arguments and type from."""
    resolve.__name__ = field.name
    resolve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *(
                inspect.Parameter(
                    argument.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    annotation=Annotated[
                        argument.kind, strawberry.argument(description=argument.description, name=argument.name)
                    ],
                    default=argument.default,
                )
                for argument in field.arguments
            ),
        ],
        return_annotation=kind,
    )
    return strawberry.field(  # type: ignore[no-any-return]
        resolver=resolve, name=field.name, description=field.description, directives=[Cost(weight=field.weight)]
    )


def _lines_type(field: BarField, kind: Any, suffix: str) -> Any:
    def line(name: str, description: str) -> StrawberryField:
        def resolve(root: dict[str, Any]) -> Any:
            return root[name]

        resolve.__name__ = name
        resolve.__annotations__ = {"return": kind}
        return strawberry.field(  # type: ignore[no-any-return]
            resolver=resolve, name=name, description=description, directives=[Cost(weight=field.weight)]
        )

    title = field.name[0].upper() + field.name[1:]
    what = "one value per bar" if suffix else "at one bar"
    return create_type(
        title + suffix, [line(*one) for one in field.lines], description=f"The lines of `{field.name}`, {what}."
    )
