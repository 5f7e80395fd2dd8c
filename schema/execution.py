"""
The executor: completes lists field by field instead of row by row.

graphql-core completes each item of a list by itself: it looks up the field, coerces its arguments, resolves, checks the
type and walks the path, for every row. Here a list whose rows are backed by columns becomes JSON text at once,
and a list of plain objects has its leaf fields read in one go. What is not regular (an error, a null where
none may be) is left to graphql-core's own way, row by row, so that answers never differ.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo, is_leaf_type
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from graphql.type import GraphQLNonNull, is_object_type

from schema.columns import Column, RowList
from schema.plain_rows import PlainRows
from schema.row_text import RowText


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
        kind = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if isinstance(result, Column):
            if is_leaf_type(kind) and result.fits(kind, nullable=kind is item_type):
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
        for name, sub in self.collect_subfields(kind, details).grouped_field_set.items():
            text.name(name)
            field_name = sub[0].node.name.value
            if field_name == "__typename":
                text.constant(kind.name)
                continue
            field = kind.fields.get(field_name)
            if field is None:
                raise _IrregularError
            try:
                arguments = get_argument_values(
                    field, sub[0].node, self.variable_values, sub[0].fragment_variable_values, self.hide_suggestions
                )
                column = column_of(field_name, arguments)
            except Exception as error:
                raise _IrregularError from error
            required = isinstance(field.type, GraphQLNonNull)
            of_type = field.type.of_type if required else field.type
            if isinstance(column, Column) and is_leaf_type(of_type):
                if not column.fits(of_type, nullable=not required):
                    raise _IrregularError
                text.column(column.texts)
            elif isinstance(column, Mapping) and is_object_type(of_type):
                self._write_fields(text, of_type, sub, _line_of(column))
            else:
                raise _IrregularError
        text.close()


class _IrregularError(Exception):
    """A column that only row by row completion can complete as it should be."""


def _line_of(lines: Mapping[str, Column]) -> Any:
    """The columns of an object's fields, which take no arguments."""

    def column(name: str, _: Mapping[str, Any]) -> Column:
        return lines[name]

    return column


def plain(data: Any) -> Any:
    """Result data without fragments, for whoever wants Python objects."""
    return orjson.loads(orjson.dumps(data))
