"""How large one operation may be."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """
    The largest operation that is executed. Each is a count; the first six are of the document alone.

    Attributes:
        max_document_bytes: Bytes of the document's text in UTF-8.
        max_tokens: Lexical tokens of the document, and as many comments.
        max_depth: Fields inside each other, fragments followed. ``ofType``, with which introspection unwraps a
            type, is not counted.
        max_fields: Fields of the document's selections, fragments followed. A field that is written k times in
            one place counts k(k+1)/2 times, as does a number of fragments: each is compared with each.
        max_root_fields: Root fields of one operation.
        max_aliases: Aliased fields in the answer to one operation.
        max_list_size: Items that one argument may ask for.
        max_cost: What an operation may cost, by ``@cost`` and ``@listSize``; a unit is about a microsecond.
    """

    max_document_bytes: int = 100_000
    max_tokens: int = 5_000
    max_depth: int = 12
    max_fields: int = 5_000
    max_root_fields: int = 100
    max_aliases: int = 200
    max_list_size: int = 50_000
    max_cost: int = 500_000
