"""What a subscription selects, apart from who listens: the key by which executions are shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_nullable_type,
    is_list_type,
    print_ast,
)
from graphql.execution.values import get_argument_values, get_variable_values

from gateway.endpoint.executing import RequestErrors
from gateway.endpoint.operation import Operation
from gateway.streams.canonical import Canonical
from schema.errors import RequestError
from schema.throttle import THROTTLE, throttle_seconds

APPLIED_AFTER: Final = frozenset({THROTTLE.name})
"""Directives of an operation that say nothing of what is computed."""


class NotShared(RequestError):
    """A field that no source of the hub has: if anybody streams it, then for each subscriber by itself."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is no field that this gateway streams", code="BAD_REQUEST")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Selection:
    """
    A subscription in the form that all have which can share an execution.

    Attributes:
        key: What two of them have in common if and only if their items are the same bytes.
        text: The canonical operation, which has no variables and no audience.
        document: The same, to be executed.
        field: The root field in the schema.
        name: The root field in the answer.
        is_list: Whether the field is a list; otherwise each message has one item.
        root_required: Whether null in the place of the root field nulls all data.
        item_required: Whether null in the place of an item nulls the list; of a field that is none, as *root_required*.
    """

    key: str
    text: str
    document: DocumentNode
    field: str
    name: str
    is_list: bool
    root_required: bool
    item_required: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Subscription:
    """
    A selection, and what one subscriber adds to it.

    Attributes:
        arguments: All of the root field, as a resolver would get them; the audience is made of them.
        throttle_seconds: The least time between two messages.
    """

    selection: Selection
    arguments: Mapping[str, Any]
    throttle_seconds: float


def subscription_of(
    schema: GraphQLSchema,
    operation: Operation,
    variables: Mapping[str, Any],
    audience_arguments: Mapping[str, frozenset[str]],
    access: str,
) -> Subscription:
    """
    What a validated operation subscribes to.

    Args:
        audience_arguments: By root field, the arguments that say who listens and nothing of what is computed.
        access: The class of subscribers whose equal selections have equal items.

    Raises:
        RequestErrors: If the variables do not fit the operation.
        NotShared: If the one field is none of these.
        GraphQLError: If an argument does not fit, or the operation is none that a hub could serve.
        BadInput: If @throttle asks for what cannot be.
    """
    definition = operation.definition
    values = get_variable_values(schema, definition.variable_definitions or (), dict(variables))
    if isinstance(values, list):
        raise RequestErrors(values)
    root = schema.subscription_type
    if root is None or definition.operation is not OperationType.SUBSCRIPTION:
        raise RequestError("a subscription was expected", code="BAD_REQUEST")
    canonical = Canonical(schema, operation.fragments, values)
    fields = canonical.root(root, definition.selection_set)
    if len(fields) != 1:
        raise RequestError(f"a subscription selects one root field, found {len(fields)}", code="BAD_REQUEST")
    (nodes,) = fields
    field = nodes[0].name.value
    described = root.fields[field]
    if field not in audience_arguments:
        raise NotShared(field)
    audience = audience_arguments[field]
    kind: Any = get_nullable_type(described.type)
    is_list = is_list_type(kind)
    document = DocumentNode(
        definitions=(
            OperationDefinitionNode(
                operation=OperationType.SUBSCRIPTION,
                directives=canonical.directives(definition.directives or (), APPLIED_AFTER),
                selection_set=SelectionSetNode(selections=(canonical.field(root, nodes, without=audience),)),
            ),
        )
    )
    text = print_ast(document)
    return Subscription(
        selection=Selection(
            key=sha256(f"{access}\n{text}".encode("utf-8", "surrogatepass")).hexdigest(),
            text=text,
            document=document,
            field=field,
            name=(nodes[0].alias or nodes[0].name).value,
            is_list=is_list,
            root_required=isinstance(described.type, GraphQLNonNull),
            item_required=isinstance(kind.of_type if is_list else described.type, GraphQLNonNull),
        ),
        arguments=get_argument_values(described, nodes[0], values),
        throttle_seconds=throttle_seconds(definition, values),
    )
