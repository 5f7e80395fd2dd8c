"""The rule of ``@listSize(requireOneSlicingArgument: true)``."""

from typing import Any

from graphql import FieldNode, GraphQLError, NullValueNode, ValidationRule

from schema.cost import directive


class SlicingArgumentsRule(ValidationRule):
    """Exactly one of the slicing arguments is given where the schema asks for one."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Reports a field without one, or with several."""
        definition = self.context.get_field_def()
        size = directive(definition, "listSize") if definition is not None else None
        if definition is None or not size or not size.get("requireOneSlicingArgument"):
            return
        names = list(size.get("slicingArguments") or ())
        written = {one.name.value for one in node.arguments or () if not isinstance(one.value, NullValueNode)}
        given = [name for name in names if name.partition(".")[0] in written]
        if len(given) != 1:
            found = ", ".join(given) or "none"
            self.report_error(
                GraphQLError(f"{node.name.value} takes exactly one of {', '.join(names)}, given: {found}", node)
            )
