"""
The executor: completes lists field by field instead of row by row.

graphql-core completes each item of a list by itself: it looks up the field, coerces its arguments, resolves, checks the
type and walks the path, for every row. Here a list whose rows are backed by columns becomes JSON text at once,
and a list of plain objects has its leaf fields read in one go. What is not regular (an error, a null where
none may be) is left to graphql-core's own way, row by row, so that answers never differ.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo, is_leaf_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from graphql.type import is_object_type

from schema.column_plan import ColumnPlan, PlannedField, column_plan, nullable
from schema.columns import Column, ColumnSet, RowList
from schema.guarding import GuardingExecutor
from schema.kept_rows import KeptRows, kept_texts
from schema.plain_rows import PlainRows
from schema.plans import Plans
from schema.row_text import RowText

_Columns = Column | dict[str, Column]
_ColumnOf = Callable[[str, Mapping[str, Any]], _Columns]


class ColumnExecutor(GuardingExecutor):
    """
    An executor whose results hold `orjson.Fragment` where a list was completed by column.

    `schema.execution.plain` turns such data into Python objects.

    Attributes:
        plans: What is worked out of the document's selections; whoever executes it again keeps them.
        splits: Whether a root field that is a list has a text for each item, instead of one for all.
    """

    plans: Plans
    splits = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.plans = Plans()

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
        kind = nullable(item_type)
        if isinstance(result, Column):
            if _fits(result, item_type):
                if self.splits and path.prev is None:
                    return [orjson.Fragment(one) for one in result.texts()]
                return orjson.Fragment(result.json)
        elif is_object_type(kind) and self.middleware_manager is None:
            if isinstance(result, RowList):
                text = self._text_of_rows(kind, field_details_list, result)
                if text is not None:
                    return self.written(text, path)
            elif isinstance(result, KeptRows) and result:
                texts = kept_texts(self, kind, item_type, field_details_list, info, path, result)
                if texts is not None:
                    return self.joined(texts, path)
                result = list(result)
            if type(result) is list and result:
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
            lists = self._lists_of(return_type, field_details_list, result)
            if lists is not None:
                return lists
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def written(self, text: RowText, path: Path) -> Any:
        """The list at *path* as JSON text, or as a list of its items' texts."""
        if self.splits and path.prev is None:
            return [orjson.Fragment(row) for row in text.rows()]
        return orjson.Fragment(text.array())

    def joined(self, texts: Sequence[str], path: Path) -> Any:
        """The list at *path* of items whose texts are given, as `written` has it."""
        if self.splits and path.prev is None:
            return [orjson.Fragment(one) for one in texts]
        return orjson.Fragment(f"[{','.join(texts)}]")

    def _text_of_rows(self, kind: GraphQLObjectType, details: FieldDetailsList, rows: RowList) -> RowText | None:
        """A list of rows as JSON; None where a column is not regular, for whatever reason."""
        plan = column_plan(self, kind, details)
        if plan is None:
            return None
        text = RowText(len(rows))
        try:
            _write_rows(text, plan, rows.column)
        except _IrregularError:
            return None
        return text

    def _lists_of(self, kind: GraphQLObjectType, details: FieldDetailsList, columns: ColumnSet) -> Any:
        """An object whose fields are whole columns; None where a column is not regular, for whatever reason."""
        plan = column_plan(self, kind, details)
        if plan is None:
            return None
        try:
            return _lists(plan, columns.column)
        except _IrregularError:
            return None


class _IrregularError(Exception):
    """A column that only row by row completion can complete as it should be."""


def _write_rows(text: RowText, plan: ColumnPlan, column_of: _ColumnOf) -> None:
    """Writes the object that each row becomes, the columns taken from *column_of*."""
    text.open()
    for one in plan:
        text.name(one.name)
        if one.constant is not None:
            text.constant(one.constant)
            continue
        column = _column(one, column_of)
        if isinstance(column, dict):
            _write_rows(text, one.fields or (), _line_of(column))
        else:
            text.column(column.texts())
    text.close()


def _lists(plan: ColumnPlan, column_of: _ColumnOf) -> dict[str, Any]:
    """The object whose fields are whole columns, taken from *column_of*."""
    lists: dict[str, Any] = {}
    for one in plan:
        if one.constant is not None:
            lists[one.name] = one.constant
            continue
        column = _column(one, column_of)
        if isinstance(column, dict):
            lists[one.name] = _lists(one.fields or (), _line_of(column))
        elif one.is_list:
            lists[one.name] = orjson.Fragment(column.json)
        else:
            raise _IrregularError
    return lists


def _column(one: PlannedField, column_of: _ColumnOf) -> _Columns:
    """
    The column of a field, whose texts are values of its type, or one per field of an object.

    Raises:
        _IrregularError: If it cannot be had.
    """
    try:
        column = column_of(one.of, one.arguments)
    except Exception as error:
        raise _IrregularError from error
    # Column is an abstract class, which takes longer to ask for than a dictionary.
    if isinstance(column, dict):
        if one.fields is None:
            raise _IrregularError
    elif one.leaf is None or not column.fits(one.leaf, nullable=one.is_nullable):
        raise _IrregularError
    return column


def _fits(column: Column, kind: Any) -> bool:
    """Whether the texts of a column are values of the type *kind*, which may be required."""
    leaf = nullable(kind)
    return is_leaf_type(leaf) and column.fits(leaf, nullable=leaf is kind)


def _line_of(lines: Mapping[str, Column]) -> _ColumnOf:
    """The columns of an object's fields, which take no arguments."""

    def column(name: str, _: Mapping[str, Any]) -> Column:
        return lines[name]

    return column


def plain(data: Any) -> Any:
    """Result data without fragments, for whoever wants Python objects."""
    return orjson.loads(orjson.dumps(data))
