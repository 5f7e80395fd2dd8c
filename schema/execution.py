"""
The executor: completes lists field by field instead of row by row.

graphql-core completes each item of a list by itself: it looks up the field, coerces its arguments, resolves, checks the
type and walks the path, for every row. Here a list whose rows are backed by columns becomes JSON text at once,
and a list of plain objects has its leaf fields read in one go. What is not regular (an error, a null where
none may be) is left to graphql-core's own way, row by row, so that answers never differ.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo, is_leaf_type
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from graphql.type import GraphQLNonNull, is_list_type, is_object_type

from schema.columns import Column, ColumnSet, RowList
from schema.plain_rows import PlainRows
from schema.row_text import RowText

_Selected = tuple[str, FieldDetailsList, Any, Column | Mapping[str, Column] | str]


class ColumnExecutor(Executor[Any]):
    """
    An executor whose results hold `orjson.Fragment` where a list was completed by column.

    `schema.execution.plain` turns such data into Python objects.
    """

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The completed list: JSON text where it is regular and backed by columns."""
        item_type: GraphQLOutputType = return_type.of_type
        kind = _nullable(item_type)
        if isinstance(result, Column):
            if _fits(result, item_type):
                return orjson.Fragment(result.json)
        elif is_object_type(kind) and self.middleware_manager is None:
            if isinstance(result, RowList):
                text = self._text_of_rows(kind, field_details_list, result)
                if text is not None:
                    return orjson.Fragment(text)
            elif type(result) is list and result:
                rows = PlainRows(self, kind, item_type, field_details_list, info, path, result)
                if rows.are_regular():
                    return rows.completed()
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The completed object: its lists are JSON text where they are regular and backed by columns."""
        if isinstance(result, ColumnSet) and self.middleware_manager is None:
            try:
                return self._lists(return_type, field_details_list, result.column)
            except _IrregularError:
                pass
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _text_of_rows(self, kind: GraphQLObjectType, details: FieldDetailsList, rows: RowList) -> str | None:
        """A list of rows as JSON; None where a column is not regular, for whatever reason."""
        text = RowText(len(rows))
        try:
            self._write_fields(text, kind, details, rows.column)
        except _IrregularError:
            return None
        return text.array()

    def _write_fields(self, text: RowText, kind: GraphQLObjectType, details: FieldDetailsList, column_of: Any) -> None:
        """Writes the object that each row becomes, the columns taken from *column_of*."""
        text.open()
        for name, sub, type_, column in self._columns(kind, details, column_of):
            of_type = _nullable(type_)
            text.name(name)
            if isinstance(column, str):
                text.constant(column)
            elif isinstance(column, Column) and _fits(column, type_):
                text.column(column.texts)
            elif isinstance(column, Mapping) and is_object_type(of_type):
                self._write_fields(text, of_type, sub, _line_of(column))
            else:
                raise _IrregularError
        text.close()

    def _lists(self, kind: GraphQLObjectType, details: FieldDetailsList, column_of: Any) -> dict[str, Any]:
        """The object whose fields are whole columns, taken from *column_of*."""
        lists: dict[str, Any] = {}
        for name, sub, type_, column in self._columns(kind, details, column_of):
            of_type = _nullable(type_)
            if isinstance(column, str):
                lists[name] = column
            elif isinstance(column, Column) and is_list_type(of_type) and _fits(column, of_type.of_type):
                lists[name] = orjson.Fragment(column.json)
            elif isinstance(column, Mapping) and is_object_type(of_type):
                lists[name] = self._lists(of_type, sub, _line_of(column))
            else:
                raise _IrregularError
        return lists

    def _columns(self, kind: GraphQLObjectType, details: FieldDetailsList, column_of: Any) -> Iterator[_Selected]:
        """
        The selected fields: name, details, type and column, or for ``__typename`` its value.

        Raises:
            _IrregularError: If a column cannot be had.
        """
        for name, sub in self.collect_subfields(kind, details).grouped_field_set.items():
            node = sub[0].node
            if node.name.value == "__typename":
                yield name, sub, kind, kind.name
                continue
            field = kind.fields.get(node.name.value)
            if field is None:
                raise _IrregularError
            try:
                arguments = (
                    get_argument_values(
                        field, node, self.variable_values, sub[0].fragment_variable_values, self.hide_suggestions
                    )
                    if field.args
                    else {}
                )
                column = column_of(node.name.value, arguments)
            except Exception as error:
                raise _IrregularError from error
            yield name, sub, field.type, column


class _IrregularError(Exception):
    """A column that only row by row completion can complete as it should be."""


def _fits(column: Column, kind: Any) -> bool:
    """Whether the texts of a column are values of the type *kind*, which may be required."""
    leaf = _nullable(kind)
    return is_leaf_type(leaf) and column.fits(leaf, nullable=leaf is kind)


def _nullable(kind: Any) -> Any:
    """The type without its exclamation mark."""
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _line_of(lines: Mapping[str, Column]) -> Any:
    """The columns of an object's fields, which take no arguments."""

    def column(name: str, _: Mapping[str, Any]) -> Column:
        return lines[name]

    return column


def plain(data: Any) -> Any:
    """Result data without fragments, for whoever wants Python objects."""
    return orjson.loads(orjson.dumps(data))
