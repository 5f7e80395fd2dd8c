"""A document that was read, and its operations, with all that is known of them before their variables are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType

from schema.caching import CachePolicy
from schema.cost_plan import OperationCost
from schema.errors import RequestError
from schema.plans import Plans
from schema.shape import Fragments
from schema.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """
    One operation of a valid document, with all that is known of it before its variables are.

    Attributes:
        fragments: The document's fragments by name.
        key: What no other operation has: the hash of the document, and the name.
        variables: What it declares.
        cost: What it costs, by its variables.
        policy: How long its answer may be kept.
        plans: What executing it found out, for the next time.
    """

    document: DocumentNode
    definition: OperationDefinitionNode
    name: str | None
    kind: OperationType
    key: tuple[str, str | None]
    fragments: Fragments
    variables: Variables
    cost: OperationCost
    policy: CachePolicy
    plans: Plans = field(default_factory=Plans)

    def canonical(self, variables: Mapping[str, Any]) -> bytes | None:
        """The variables that the operation declares, written in one order; None where they are nested too deeply."""
        declared = [one.variable.name.value for one in self.definition.variable_definitions or ()]
        try:
            return orjson.dumps(
                {name: variables[name] for name in declared if name in variables}, option=orjson.OPT_SORT_KEYS
            )
        except orjson.JSONEncodeError:
            return None


class Document:
    """
    A text that was parsed and validated.

    Attributes:
        hash: SHA-256 of the text, in hexadecimal; empty for a text that is too long to be read.
        errors: Why it cannot be executed, each with a code; empty when it can. They are shared by all
            requests with this text: copy one before you raise it.
    """

    __slots__ = ("_operations", "errors", "hash")

    def __init__(
        self, text_hash: str, *, operations: tuple[Operation, ...] = (), errors: tuple[GraphQLError, ...] = ()
    ) -> None:
        self.hash = text_hash
        self.errors = errors
        self._operations: dict[str | None, Operation] = {one.name: one for one in operations}

    def operation(self, name: str | None = None) -> Operation:
        """
        The operation to execute: the one called *name*, or the only one. An empty name counts as none.

        Raises:
            RequestError: If there is no such operation, or several and no name.
        """
        found = self._operations.get(name or None)
        if found is not None:
            return found
        if not name and len(self._operations) == 1:
            (found,) = self._operations.values()
            return found
        names = ", ".join(str(one) for one in self._operations if one) or "none with a name"
        if name:
            raise RequestError(
                f"no operation {name[:80]!r} is in the document; there are: {names}", code="OPERATION_NOT_FOUND"
            )
        if not self._operations:
            raise RequestError("the document has no operation to execute", code="OPERATION_NOT_FOUND")
        raise RequestError(
            f"operationName must name one of the document's operations: {names}", code="OPERATION_NOT_FOUND"
        )
