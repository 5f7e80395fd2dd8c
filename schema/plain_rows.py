"""Lists of plain objects, their leaf fields read by column."""

from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo, is_leaf_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path, gather_with_cancel
from graphql.type import GraphQLNonNull
from strawberry.types.field import StrawberryField

if TYPE_CHECKING:
    from schema.execution import ColumnExecutor

Getter = Callable[[Any], Any]
_NO_GETTER = object()


class PlainRows:
    """
    The completion of one list of objects of one Python class.

    Leaf fields whose resolver only looks at its object are read and coerced by column. All other fields are executed
    by graphql-core, first one field of all rows, then the next. A row with an irregular leaf is left to
    graphql-core as a whole, before anything else of it was executed.
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

    def are_regular(self) -> bool:
        """Whether all rows are objects of one class and of the list's type: no null, no error, nothing to await."""
        first = type(self._rows[0])
        if first is type(None) or issubclass(first, Exception) or hasattr(first, "__await__"):
            return False
        if any(type(row) is not first for row in self._rows):
            return False
        is_type_of = self._kind.is_type_of
        return is_type_of is None or all(is_type_of(row, self._info) is True for row in self._rows)

    def completed(self) -> list[Any] | Awaitable[list[Any]]:
        """The rows as dictionaries, in the order of the selection."""
        fields = self._executor.collect_subfields(self._kind, self._details).grouped_field_set
        names = list(fields)
        results: list[Any] = [dict.fromkeys(names) for _ in self._rows]
        irregular: set[int] = set()
        executed: list[tuple[str, FieldDetailsList]] = []
        for name, details in fields.items():
            field_name = details[0].node.name.value
            field = self._kind.fields.get(field_name)
            getter = getter_of(field) if field is not None else None
            if field_name == "__typename":
                for result in results:
                    result[name] = self._kind.name
            elif field is None or getter is None or details[0].node.arguments:
                executed.append((name, details))
            else:
                self._read(name, field, getter, results, irregular)
        for number in irregular:
            results[number] = None
        return self._execute(executed, results, irregular)

    def _read(self, name: str, field: GraphQLField, getter: Getter, results: list[Any], irregular: set[int]) -> None:
        """Reads one leaf field of all rows, and notes the rows where that goes wrong."""
        required = isinstance(field.type, GraphQLNonNull)
        leaf: Any = field.type.of_type if required else field.type  # type: ignore[union-attr]
        coerce = leaf.coerce_output_value
        for number, row in enumerate(self._rows):
            try:
                value = getter(row)
                if value is not None:
                    value = coerce(value)
                if value is None and required:
                    irregular.add(number)
            except Exception:
                irregular.add(number)
            else:
                results[number][name] = value

    def _execute(
        self, executed: list[tuple[str, FieldDetailsList]], results: list[Any], irregular: set[int]
    ) -> list[Any] | Awaitable[list[Any]]:
        """Executes the other fields of the regular rows, and all of the irregular ones."""
        pending: dict[int, dict[str, Any]] = {}
        awaited: list[tuple[int, Awaitable[Any]]] = []
        try:
            self._execute_fields(executed, results, pending)
            self._execute_rows(irregular, results, awaited)
        except Exception:
            # The whole list is nulled; what was begun must still come to its end.
            begun = [value for values in pending.values() for value in values.values()]
            self._executor.settle_in_background([*begun, *(value for _, value in awaited)])
            raise
        awaited += [(number, self._finished(number, results[number], values)) for number, values in pending.items()]
        return self._gathered(results, awaited) if awaited else results

    def _execute_fields(
        self, executed: list[tuple[str, FieldDetailsList]], results: list[Any], pending: dict[int, dict[str, Any]]
    ) -> None:
        executor = self._executor
        for name, details in executed:
            for number, row in enumerate(self._rows):
                if results[number] is None:
                    continue
                path = self._path.add_key(number, None).add_key(name, self._kind.name)
                try:
                    value = executor.execute_field(self._kind, row, details, path, None)
                except Exception as error:
                    results[number] = None
                    executor.settle_in_background(list(pending.pop(number, {}).values()))
                    self._fail(number, error)
                    continue
                if executor.is_awaitable(value):
                    pending.setdefault(number, {})[name] = value
                else:
                    results[number][name] = value

    def _execute_rows(self, irregular: set[int], results: list[Any], awaited: list[tuple[int, Awaitable[Any]]]) -> None:
        for number in sorted(irregular):
            completed: list[Any] = []
            path = self._path.add_key(number, None)
            if self._executor.complete_list_item_value(
                self._rows[number], completed, self._item_type, self._details, self._info, path, None
            ):
                awaited.append((number, completed[0]))
            else:
                results[number] = completed[0]

    async def _finished(self, number: int, result: dict[str, Any], values: dict[str, Awaitable[Any]]) -> Any:
        """One row once all of its fields are there; None where a field nulls it."""
        try:
            result.update(zip(values, await gather_with_cancel(*values.values()), strict=True))
        except Exception as error:
            self._fail(number, error)
            return None
        return result

    async def _gathered(self, results: list[Any], awaited: list[tuple[int, Awaitable[Any]]]) -> list[Any]:
        done = await gather_with_cancel(*(value for _, value in awaited))
        for (number, _), value in zip(awaited, done, strict=True):
            results[number] = value
        return results

    def _fail(self, number: int, error: Exception) -> None:
        """Reports a row's error; raises where the list may hold no null."""
        self._executor.handle_field_error(error, self._item_type, self._details, self._path.add_key(number, None))


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
    if definition.extensions or definition.permission_classes or definition.is_async:
        return None
    resolver = definition.base_resolver
    if resolver is None:
        return attrgetter(definition.python_name) if definition.default_resolver is getattr else None
    parameters = list(resolver.signature.parameters)
    if parameters in (["self"], ["root"]) and callable(resolver.wrapped_func):
        return resolver.wrapped_func
    return None
