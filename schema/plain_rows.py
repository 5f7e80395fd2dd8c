"""Lists of plain objects, their leaf fields read by column."""

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from inspect import Parameter, iscoroutine
from operator import attrgetter
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path, Undefined, gather_with_cancel
from graphql.type import GraphQLNonNull
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from schema import resolving
from schema.row_text import RowText, texts_of

# Whose resolvers call a field's function and do nothing else.
_RESOLVERS = (GraphQLCoreConverter.__module__, resolving.__name__)

if TYPE_CHECKING:
    from schema.execution import ColumnExecutor

Getter = Callable[[Any], Any]
_NO_GETTER = object()


class PlainRows:
    """
    The completion of one list of objects of one Python class.

    Leaf fields whose resolver only looks at its object are read and coerced by column. What is left is done row by
    row and field by field, as graphql-core does, so that the first error is the same one: the other fields of all
    rows and, in a row with an irregular leaf, its leaves too, from the values that were read. No resolver runs twice.
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
        # What each field has for all rows, in the order of the selection; None for what is executed row by row.
        self._columns: dict[str, list[Any]] = {}
        # What was read, by name: an error that a resolver raised is a value here.
        self._read: dict[str, list[Any]] = {}
        self._irregular: set[int] = set()

    def are_regular(self) -> bool:
        """Whether all rows are objects of one class and of the list's type: no null, no error, nothing to await."""
        rows = self._rows
        first: Any = type(rows[0])
        if rows[0] is None or len(set(map(type, rows))) > 1:
            return False
        if not _is_plain(first) and (issubclass(first, _NOT_ROWS) or any(map(self._executor.is_awaitable, rows))):
            return False
        return self._kind.is_type_of is None or all(map(self._is_of_kind, rows))

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
        fields = self._executor.collect_subfields(self._kind, self._details).grouped_field_set
        executed: GroupedFieldSet = {}
        for name, details in fields.items():
            node = details[0].node
            field = self._kind.fields.get(node.name.value)
            getter = getter_of(field) if field is not None and not node.arguments else None
            if node.name.value == "__typename":
                self._columns[name] = [self._kind.name] * len(self._rows)
            elif field is None or getter is None:
                executed[name] = details
                self._columns[name] = [None] * len(self._rows)
            else:
                self._columns[name] = self._completed_leaf(name, field, getter)
        if not executed and not self._irregular:
            return self._text() or self._dictionaries()
        try:
            return self._by_row(fields, executed, self._dictionaries())
        finally:
            self._close_unused()

    def _text(self) -> Any:
        """The rows as `ColumnExecutor.written` has them; None where a scalar's values have no JSON of their own."""
        text = RowText(len(self._rows))
        text.open()
        try:
            for name, values in self._columns.items():
                text.name(name)
                text.column(texts_of(values))
        except TypeError:
            return None
        text.close()
        return self._executor.written(text, self._path)

    def _dictionaries(self) -> list[dict[str, Any]]:
        """The rows as dictionaries, in the order of the selection."""
        if not self._columns:
            return [{} for _ in self._rows]
        names = tuple(self._columns)
        return [dict(zip(names, values, strict=True)) for values in zip(*self._columns.values(), strict=True)]

    def _completed_leaf(self, name: str, field: GraphQLField, getter: Getter) -> list[Any]:
        """One leaf field of all rows, read and coerced; notes the rows where that is not all there is to do."""
        values = self._read[name] = _read(getter, self._rows)
        required = isinstance(field.type, GraphQLNonNull)
        leaf: Any = field.type.of_type if required else field.type  # type: ignore[union-attr]
        kinds = set(map(type, values))
        if not required:
            kinds.discard(type(None))
        if kinds <= _THEMSELVES.get(leaf, frozenset()) and (float not in kinds or _are_finite(values)):
            return values
        coerce = leaf.coerce_output_value
        column: list[Any] = []
        for number, value in enumerate(values):
            completed = None
            if value is not None or required:
                completed = _coerced(coerce, value)
                if completed is None:
                    self._irregular.add(number)
            column.append(completed)
        return column

    def _by_row(
        self, fields: GroupedFieldSet, executed: GroupedFieldSet, results: list[dict[str, Any]]
    ) -> list[Any] | Awaitable[list[Any]]:
        """Finishes the rows one by one, as `Executor.complete_iterable_value` would."""
        executor = self._executor
        rows: list[Any] = []
        awaited: list[int] = []
        try:
            for number, result in enumerate(results):
                path = self._path.add_key(number, None)
                row: Any = None
                try:
                    row = self._row(number, path, fields if number in self._irregular else executed, result)
                except Exception as error:
                    executor.handle_field_error(error, self._item_type, self._details, path)
                if executor.is_awaitable(row):
                    row = self._protected(row, path)
                    awaited.append(number)
                rows.append(row)
        except Exception:
            if awaited:
                executor.settle_in_background([rows[number] for number in awaited])
            raise
        return _with_awaited(rows, awaited) if awaited else rows

    def _row(self, number: int, path: Path, fields: GroupedFieldSet, result: dict[str, Any]) -> Any:
        """Executes *fields* of one row, as `Executor.execute_fields` would."""
        executor = self._executor
        awaited: list[str] = []
        try:
            for name, details in fields.items():
                field_path = path.add_key(name, self._kind.name)
                if name in self._read:
                    value = self._leaf(number, name, details, field_path)
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
        return _with_awaited(result, awaited) if awaited else result

    def _leaf(self, number: int, name: str, details: FieldDetailsList, path: Path) -> Any:
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

    async def _protected(self, row: Awaitable[Any], path: Path) -> Any:
        try:
            return await row
        except Exception as error:
            self._executor.handle_field_error(error, self._item_type, self._details, path)
            return None

    def _close_unused(self) -> None:
        """Disposes of coroutines in rows that an earlier error has nulled; graphql-core would not have made them."""
        for values in self._read.values():
            for number in self._irregular:
                if iscoroutine(values[number]):
                    values[number].close()


async def _with_awaited(results: Any, places: list[Any]) -> Any:
    """The dictionary or list *results*, once the values in some of its *places* are there."""
    if len(places) == 1:
        results[places[0]] = await results[places[0]]
    else:
        values = await gather_with_cancel(*(results[place] for place in places))
        for place, value in zip(places, values, strict=True):
            results[place] = value
    return results


# Scalars whose results are the values as they are, for values of exactly these classes.
_THEMSELVES: Mapping[Any, frozenset[type]] = {
    GraphQLString: frozenset({str}),
    GraphQLID: frozenset({str}),
    GraphQLFloat: frozenset({float}),
    GraphQLBoolean: frozenset({bool}),
}


def _read(getter: Getter, rows: Iterable[Any]) -> list[Any]:
    """What a resolver returns for each row, or the error that it raises: an executor treats both alike."""
    values: list[Any] = []
    left = iter(rows)
    while True:
        try:
            for row in left:
                values.append(getter(row))  # noqa: PERF401 - what was read before an error stays
        except Exception as error:
            values.append(error)
        else:
            return values


def _are_finite(values: Iterable[float | None]) -> bool:
    """Whether no value is infinite or not a number; false too where only their sum is infinite."""
    return math.isfinite(sum([value for value in values if value is not None]))


def _coerced(coerce: Callable[[Any], Any], value: Any) -> Any:
    """The value as a scalar's result; None where that takes more than the scalar."""
    kind: Any = type(value)
    if value is None or not _is_plain(kind):
        return None
    try:
        completed = coerce(value)
    except Exception:
        return None
    kind = type(completed)
    return completed if _is_plain(kind) else None


_NOT_ROWS = (Exception, type(Undefined))


@lru_cache(maxsize=1000)
def _is_plain(kind: Any) -> bool:
    """Whether objects of a class are values and nothing else to an executor: no error, nothing to await."""
    return not (
        issubclass(kind, (*_NOT_ROWS, GeneratorType))
        or hasattr(kind, "__await__")
        or any("__getattr__" in vars(base) for base in kind.__mro__)
    )


def getter_of(field: GraphQLField) -> Getter | None:
    """
    A function from an object to the value of *field*, if strawberry's resolver does nothing but that.

    That is so for leaf fields without arguments that are plain attributes, or methods which take only the object.
    """
    known = field.extensions.get("gateway-getter", _NO_GETTER)
    if known is _NO_GETTER:
        known = field.extensions["gateway-getter"] = _getter(field)
    return known  # type: ignore[no-any-return]


def _getter(field: GraphQLField) -> Getter | None:
    definition = field.extensions.get("strawberry-definition")
    leaf = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    if not isinstance(definition, StrawberryField) or not is_leaf_type(leaf):
        return None
    # Some put a resolver of their own in the place of strawberry's, or a way to get results on a field or its class.
    if getattr(field.resolve, "__module__", None) not in _RESOLVERS:
        return None
    if getattr(definition.get_result, "__func__", None) is not StrawberryField.get_result:
        return None
    if definition.extensions or definition.permission_classes or definition.is_async:
        return None
    resolver = definition.base_resolver
    if resolver is None:
        return attrgetter(definition.python_name) if definition.default_resolver is getattr else None
    parameters = list(resolver.signature.parameters.values())
    if len(parameters) != 1 or parameters[0].kind is not Parameter.POSITIONAL_OR_KEYWORD:
        return None
    function: Any = resolver.wrapped_func
    # Strawberry gives a root by its name, which a decorator may insist on, and a self by position, as is done here.
    by_name = parameters[0].name == "root" and not hasattr(function, "__wrapped__")
    is_object = parameters[0].name == "self" or by_name
    return function if is_object and resolver.info_parameter is None else None
