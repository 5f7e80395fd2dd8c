"""Documents: parsed, validated and measured once per distinct text."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoFragmentCyclesRule

from gateway.endpoint.operation import Document, Operation
from schema.caching import CachePolicy
from schema.cost import Prices
from schema.cost_plan import OperationCost
from schema.cost_rule import SlicingArgumentsRule
from schema.errors import LimitExceeded, client_error
from schema.limits import Limits
from schema.shape import CyclicFragments, check_shape, fragments_of
from schema.variables import Variables

# Rule classes are made once: a cache of validation that is asked with a new class each time never hits.
_RULES: Final = (*specified_rules, SlicingArgumentsRule)
_CYCLES: Final = (NoFragmentCyclesRule,)
_SHOWN_ERRORS: Final = 5


@dataclass(slots=True, eq=False)
class _Recent:
    """The documents used last, within a number of them and of the characters of their texts."""

    most: int
    most_characters: int
    documents: OrderedDict[str, Document] = field(default_factory=OrderedDict)
    characters: int = 0

    def get(self, text: str) -> Document | None:
        found = self.documents.get(text)
        if found is not None:
            self.documents.move_to_end(text)
        return found

    def add(self, text: str, document: Document) -> None:
        if len(text) > self.most_characters or self.most < 1:
            return
        self.documents[text] = document
        self.characters += len(text)
        while len(self.documents) > self.most or self.characters > self.most_characters:
            gone, _ = self.documents.popitem(last=False)
            self.characters -= len(gone)


class Documents:
    """
    The documents of a schema, each text parsed and validated once while it is in use.

    They are found by the text itself: a look-up of 2 kB takes 0.7 µs, hashing it with SHA-256 first 2.3 µs
    more. Texts that cannot be executed are kept apart, so that garbage displaces nothing good.

    Args:
        size: Most documents that are kept, and a tenth as many texts with errors.
        characters: Most characters of their texts; a document takes some 130 times its text.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, size: int = 1000, characters: int = 1_000_000) -> None:
        self.schema = schema
        self.limits = limits
        self._prices = Prices(schema)
        self._good = _Recent(size, characters)
        self._bad = _Recent(max(1, size // 10), max(characters // 10, 1))

    def get(self, text: str) -> Document:
        """The document of *text*; its errors say whether it can be executed."""
        if len(text) > self.limits.max_document_bytes:
            return self._too_long(text)
        found = self._good.get(text) or self._bad.get(text)
        if found is None:
            found = self._read(text)
            (self._bad if found.errors else self._good).add(text, found)
        return found

    def check(self, operation: Operation, variables: Mapping[str, Any]) -> None:
        """
        Refuses what an operation asks for with these variables, given as they came or coerced.

        Raises:
            LimitExceeded: If a list is larger than one may be, or everything together costs too much.
        """
        operation.cost.check(variables, self.limits)

    def _read(self, text: str) -> Document:
        encoded = _utf8(text)
        if len(encoded) > self.limits.max_document_bytes:
            return self._too_long(text)
        text_hash = sha256(encoded).hexdigest()
        try:
            document = self._parsed(text)
            errors = self._errors(document)
        except GraphQLError as error:
            return Document(text_hash, errors=(_kept(error),))
        if errors:
            return Document(text_hash, errors=tuple([_kept(error) for error in errors]))
        fragments = fragments_of(document)
        return Document(
            text_hash,
            operations=tuple(
                [
                    Operation(
                        document=document,
                        definition=one,
                        name=one.name.value if one.name else None,
                        kind=one.operation,
                        key=(text_hash, one.name.value if one.name else None),
                        fragments=fragments,
                        variables=Variables(self.schema, one),
                        policy=CachePolicy.of(self.schema, one, fragments),
                        cost=OperationCost(self._prices, one, fragments),
                    )
                    for one in document.definitions
                    if isinstance(one, OperationDefinitionNode)
                ]
            ),
        )

    def _too_long(self, text: str) -> Document:
        most, size = self.limits.max_document_bytes, len(_utf8(text))
        what = f"the document has {size:,} bytes"
        return Document("", errors=(LimitExceeded("max_document_bytes", maximum=most, found=size, what=what),))

    def _parsed(self, text: str) -> DocumentNode:
        most = self.limits.max_tokens
        try:
            return parse(text, max_lexical_tokens=most, max_comments=most)
        except GraphQLSyntaxError as error:
            # The parser has no error classes for its own limits.
            if "Document contains more than" in error.message:
                raise LimitExceeded(
                    "max_tokens", maximum=most, found=most + 1, what=f"the document has more than {most:,} tokens"
                ) from None
            if "Document is nested too deeply" in error.message:
                raise self._too_deep() from None
            raise

    def _errors(self, document: DocumentNode) -> list[GraphQLError]:
        try:
            check_shape(document, self.limits)
            rules: Any = _RULES
        except CyclicFragments:
            rules = _CYCLES
        return validate(self.schema, document, rules, max_errors=_SHOWN_ERRORS)

    def _too_deep(self) -> LimitExceeded:
        most = self.limits.max_depth
        return LimitExceeded(
            "max_depth", maximum=most, found=most + 1, what=f"the document is nested more than {most:,} fields deep"
        )


def _utf8(text: str) -> bytes:
    # A lone surrogate, which a JSON string can hold, has no UTF-8; the lexer refuses it.
    return text.encode("utf-8", "surrogatepass")


def _kept(error: GraphQLError) -> GraphQLError:
    """The error with its code, without the document that it would keep alive."""
    if isinstance(error.original_error, ValueError):
        # A literal that its type's own reader fails on, such as a number of 5,000 digits.
        error = GraphQLError("Expected a value that can be read, found one that cannot.", error.nodes)
    coded = client_error(error).with_traceback(None)
    coded.__context__ = coded.__cause__ = None
    coded.nodes = coded.source = None
    return coded
