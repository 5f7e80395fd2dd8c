"""Lists of objects that are shown again and again, with the JSON text that was made of each."""

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path

from schema.plain_rows import PlainRows
from schema.row_plan import RowPlan, row_plan

if TYPE_CHECKING:
    from schema.execution import ColumnExecutor

Others = Callable[[Container[Hashable], int], Mapping[Hashable, Any]]

_MOST_CHARACTERS = 1_000_000
# A selection keeps its document, which takes as much as so many.
_PLAN_CHARACTERS = 5_000
_NOTHING: Mapping[Hashable, str] = MappingProxyType({})


class RowTexts:
    """
    The texts of objects, by the selection and by whatever tells the objects apart.

    Whoever holds the objects holds these, and drops both together. They take some two megabytes at most.
    """

    __slots__ = ("_characters", "_of")

    def __init__(self) -> None:
        self._of: dict[RowPlan, dict[Hashable, str]] = {}
        self._characters = 0

    def of(self, plan: RowPlan) -> Mapping[Hashable, str]:
        """The texts of a selection."""
        return self._of.get(plan, _NOTHING)

    def keep(self, plan: RowPlan, texts: Mapping[Hashable, str]) -> None:
        """Keeps texts of a selection, the first of all selections where there is no room for more."""
        more = sum(map(len, texts.values()))
        if self._characters + more + self._for(plan) > _MOST_CHARACTERS:
            self._of, self._characters = {}, 0
        self._characters += more + self._for(plan)
        self._of.setdefault(plan, {}).update(texts)

    def _for(self, plan: RowPlan) -> int:
        return 0 if plan in self._of else _PLAN_CHARACTERS


class KeptRows(list[Any]):
    """
    Objects of one class, which are never changed, as a list that any executor can complete.

    Attributes:
        keys: What tells each from all others that *texts* are of.
        others: Up to so many more of them, by their keys, whose keys are not among those given.
    """

    __slots__ = ("keys", "others", "texts")

    def __init__(self, rows: Iterable[Any], keys: Sequence[Hashable], texts: RowTexts, others: Others) -> None:
        super().__init__(rows)
        self.keys = keys
        self.texts = texts
        self.others = others


def kept_texts(
    executor: "ColumnExecutor",
    kind: GraphQLObjectType,
    item_type: GraphQLOutputType,
    details: FieldDetailsList,
    info: GraphQLResolveInfo[Any],
    path: Path,
    rows: KeptRows,
) -> list[str] | None:
    """The text of each row; None where its fields may be others for somebody else, or not regular."""
    plan = row_plan(executor, kind, details)
    if not plan.is_steady(executor):
        return None
    known = rows.texts.of(plan)
    missing = {key: row for key, row in zip(rows.keys, rows, strict=True) if key not in known}
    if not missing:
        return [known[key] for key in rows.keys]
    # A list of one takes half as long as a list of ten. So as many others come along as there are already: whatever is
    # asked for, no more than twice as many are made, in few lists.
    missing |= rows.others(known.keys() | missing.keys(), len(known))
    made = PlainRows(executor, kind, item_type, details, info, path, list(missing.values())).texts()
    if made is None:
        return None
    new = dict(zip(missing, made, strict=True))
    rows.texts.keep(plan, new)
    # Where there was no room, what was known is kept no more.
    return [known[key] if key in known else new[key] for key in rows.keys]
