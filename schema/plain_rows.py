"""Lists of plain objects, their leaf fields read by column."""

from collections.abc import Awaitable
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path, Undefined
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from schema.columns import ColumnSet
from schema.getters import Getter, bound_getter_of, is_by_class
from schema.leaf_column import NOT_ROWS, Leaf, is_plain, read
from schema.row_plan import RowField, row_plan
from schema.row_text import RowText
from schema.unbegun import with_awaited

if TYPE_CHECKING:
    from schema.execution import ColumnExecutor


class PlainRows:
    """
    The completion of one list of objects of one Python class.

    Leaf fields whose resolver only looks at its object are read and coerced by column, and so are those of the objects
    that such a resolver returns, as rows below these. What is left is done row by row and field by field, as
    graphql-core does, so that the first error is the same one: the other fields of all rows and, in a row with an
    irregular leaf, its leaves too, from the values that were read. No resolver runs twice.

    Args:
        item_type, details, path: Of the list; of rows below others, those of the field that they are in.
    """

    def __init__(
        self,
        executor: "ColumnExecutor",
        kind: GraphQLObjectType,
        item_type: GraphQLOutputType,
        details: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        rows: list[Any],
    ) -> None:
        self._executor = executor
        self._kind = kind
        self._item_type = item_type
        self._details = details
        self._info = info
        self._path = path
        self._rows = rows
        self._fields: GroupedFieldSet = {}
        # What is executed row by row.
        self._executed: GroupedFieldSet = {}
        # What each field has for all rows, in the order of the selection; None for what is executed row by row.
        self._columns: dict[str, list[Any] | PlainRows] = {}
        # What was read, by name: an error that a resolver raised is a value here.
        self._read: dict[str, list[Any]] = {}
        # Objects that were read, and of which something was read in turn.
        self._below: dict[str, PlainRows] = {}
        self._irregular: set[int] = set()

    def are_regular(self) -> bool:
        """Whether all rows are objects of one class and of the list's type: no null, no error, nothing to await."""
        rows = self._rows
        first: Any = type(rows[0])
        if rows[0] is None or len(set(map(type, rows))) > 1:
            return False
        if not is_plain(first) and (issubclass(first, NOT_ROWS) or any(map(self._executor.is_awaitable, rows))):
            return False
        asked = self._kind.is_type_of
        if asked is None:
            return True
        # Strawberry asks for the class, and for what a row was cast to.
        if is_by_class(asked) and is_plain(first) and not any(hasattr(row, TYPE_CAST_ATTRIBUTE) for row in rows):
            return self._is_of_kind(rows[0])
        return all(map(self._is_of_kind, rows))

    def _is_of_kind(self, row: Any) -> bool:
        try:
            verdict: Any = self._kind.is_type_of(row, self._info)  # type: ignore[misc]
        except Exception:
            return False  # graphql-core meets it again, at its row
        if iscoroutine(verdict):
            verdict.close()
        return verdict is True

    def completed(self) -> Any:
        """The rows: JSON text where all that is selected are regular leaf fields, else dictionaries."""
        self._take()
        if self._is_whole:
            text = self._text()
            return self._dictionaries() if text is None else self._executor.written(text, self._path)
        try:
            return self._by_row(self._dictionaries())
        finally:
            self._close_unused()

    @property
    def _is_whole(self) -> bool:
        """Whether the columns are all there is to say."""
        return not self._executed and not self._irregular

    def _take(self) -> None:
        """Reads what can be read by column."""
        plan = row_plan(self._executor, self._kind, self._details)
        self._fields = plan.grouped
        for one in plan.fields:
            getter = one.getter or self._bound(one)
            if one.is_typename:
                self._columns[one.name] = [self._kind.name] * len(self._rows)
            elif getter is None or one.field is None:
                self._execute(one.name, one.details)
            elif one.leaf is not None:
                self._columns[one.name] = self._completed_leaf(one.name, one.leaf, getter)
            else:
                self._take_objects(one, one.field, getter)

    def _bound(self, one: RowField) -> Getter | None:
        """What reads a field that asks for the context, with the one ``info`` of the whole list."""
        if one.field is None:
            return None
        path = self._path.add_key(one.name, self._kind.name)
        nodes = [its.node for its in one.details]
        return bound_getter_of(one.field, self._executor.build_resolve_info(one.field, nodes, self._kind, path))

    def _execute(self, name: str, details: FieldDetailsList) -> None:
        """Leaves a field to be executed row by row."""
        self._executed[name] = details
        self._columns[name] = [None] * len(self._rows)

    def _take_objects(self, one: RowField, field: GraphQLField, getter: Getter) -> None:
        """Reads one field of objects of all rows, and what can be read of them by column."""
        values = self._read[one.name] = read(getter, self._rows)
        below = PlainRows(self._executor, one.kind, field.type, one.details, self._info, self._path, values)
        # Sets of columns have a completion of their own.
        if isinstance(values[0], ColumnSet) or not below.are_regular():
            self._execute(one.name, one.details)
            return
        below._take()
        self._below[one.name] = below
        if below._is_whole:
            self._columns[one.name] = below
        else:
            self._execute(one.name, one.details)

    def texts(self) -> list[str] | None:
        """The JSON text of each row; None where more is selected than regular leaf fields."""
        if not self.are_regular():
            return None
        self._take()
        text = self._text() if self._is_whole else None
        if text is None:
            self._close_unused()
            return None
        return text.rows()

    def _text(self) -> RowText | None:
        """The rows as text; None where a scalar's values have no JSON of their own."""
        text = RowText(len(self._rows))
        try:
            self._write(text)
        except TypeError:
            return None
        return text

    def _write(self, text: RowText) -> None:
        """
        Writes the object that each row becomes.

        Raises:
            TypeError: If a value has no JSON text.
        """
        text.open()
        for name, column in self._columns.items():
            text.name(name)
            if isinstance(column, PlainRows):
                column._write(text)
            else:
                text.values(column)
        text.close()

    def _dictionaries(self) -> list[dict[str, Any]]:
        """The rows as dictionaries, in the order of the selection."""
        if not self._columns:
            return [{} for _ in self._rows]
        names = tuple(self._columns)
        columns = [one._dictionaries() if isinstance(one, PlainRows) else one for one in self._columns.values()]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def _dictionary(self, number: int) -> dict[str, Any]:
        """One of them."""
        return {
            name: one._dictionary(number) if isinstance(one, PlainRows) else one[number]
            for name, one in self._columns.items()
        }

    def _completed_leaf(self, name: str, leaf: Leaf, getter: Getter) -> list[Any]:
        """One leaf field of all rows, read and coerced; notes the rows where that is not all there is to do."""
        values = self._read[name] = read(getter, self._rows)
        column, irregular = leaf.completed(values)
        self._irregular.update(irregular)
        return column

    def _by_row(self, results: list[dict[str, Any]]) -> list[Any] | Awaitable[list[Any]]:
        """Finishes the rows one by one, as `Executor.complete_iterable_value` would."""
        executor = self._executor
        rows: list[Any] = []
        awaited: list[int] = []
        try:
            for number, result in enumerate(results):
                path = self._path.add_key(number, None)
                row: Any = None
                try:
                    row = self._row(number, path, result)
                except Exception as error:
                    executor.handle_field_error(error, self._item_type, self._details, path)
                if executor.is_awaitable(row):
                    row = self._protected(row, self._item_type, self._details, path)
                    awaited.append(number)
                rows.append(row)
        except Exception:
            if awaited:
                executor.settle_in_background([rows[number] for number in awaited])
            raise
        return with_awaited(rows, awaited) if awaited else rows

    def _row(self, number: int, path: Path, result: dict[str, Any]) -> Any:
        """Executes what is left of one row, as `Executor.execute_fields` would."""
        executor = self._executor
        fields = self._fields if number in self._irregular else self._executed
        awaited: list[str] = []
        try:
            for name, details in fields.items():
                field_path = path.add_key(name, self._kind.name)
                if name in self._below:
                    value = self._object(number, name, details, field_path)
                elif name in self._read:
                    value = self._value(number, name, details, field_path)
                else:
                    value = executor.execute_field(self._kind, self._rows[number], details, field_path, None)
                if value is Undefined:
                    del result[name]
                    continue
                result[name] = value
                if executor.is_awaitable(value):
                    awaited.append(name)
        except Exception:
            if awaited:
                executor.settle_in_background([result[name] for name in awaited])
            raise
        return with_awaited(result, awaited) if awaited else result

    def _object(self, number: int, name: str, details: FieldDetailsList, path: Path) -> Any:
        """Completes an object of which something was read, as `Executor.execute_field` would."""
        executor, below = self._executor, self._below[name]
        kind = self._kind.fields[details[0].node.name.value].type
        value: Any = None
        try:
            value = below._row(number, path, below._dictionary(number))
        except Exception as error:
            executor.handle_field_error(error, kind, details, path)
        return self._protected(value, kind, details, path) if executor.is_awaitable(value) else value

    def _value(self, number: int, name: str, details: FieldDetailsList, path: Path) -> Any:
        """Completes a value that was read, as `Executor.execute_field` would."""
        executor = self._executor
        value = self._read[name][number]
        self._read[name][number] = None
        field = self._kind.fields[details[0].node.name.value]
        info = executor.build_resolve_info(field, [one.node for one in details], self._kind, path)
        if executor.is_awaitable(value):
            return executor.complete_awaitable_value(field.type, details, info, path, value, None)
        try:
            return executor.complete_value(field.type, details, info, path, value, None)
        except Exception as error:
            executor.handle_field_error(error, field.type, details, path)
            return None

    async def _protected(
        self, value: Awaitable[Any], kind: GraphQLOutputType, details: FieldDetailsList, path: Path
    ) -> Any:
        try:
            return await value
        except Exception as error:
            self._executor.handle_field_error(error, kind, details, path)
            return None

    def _close_unused(self) -> None:
        """Disposes of coroutines in rows that an earlier error has nulled; graphql-core would not have made them."""
        for values in self._read.values():
            for value in values:
                if iscoroutine(value):
                    value.close()
        for below in self._below.values():
            below._close_unused()
