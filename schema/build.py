"""The schema, built once per process, and its text."""

import logging
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.candles import CandleSeriesType
from schema.instrument import InstrumentType
from schema.market import QuoteType
from schema.query import Query
from schema.scalars import SCALARS

# Front ends send few texts with many variables. Bounded, because anybody may send another text.
KNOWN_DOCUMENTS = 200

logger = logging.getLogger("gateway.schema")


class Schema(strawberry.Schema):
    """Strawberry's schema, which logs nothing itself: errors are mapped, masked and logged where they leave."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leaves logging to `schema.errors`."""


@cache
def build_schema() -> Schema:
    """The schema of this gateway."""
    types: Iterable[Any] = (InstrumentType, QuoteType, CandleSeriesType)
    return Schema(
        query=Query,
        types=types,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[lambda: ParserCache(KNOWN_DOCUMENTS), lambda: ValidationCache(KNOWN_DOCUMENTS)],
    )


def printed_schema() -> str:
    """The schema as SDL, as it is committed in ``schema/schema.graphql``."""
    return build_schema().as_str() + "\n"


def committed_schema() -> str:
    """The SDL that this package was released with."""
    return files("schema").joinpath("schema.graphql").read_text("utf-8")
