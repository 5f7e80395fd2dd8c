"""The schema, built once per process, and its text."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.candles import CandleSeriesType
from schema.instrument import InstrumentType
from schema.market import QuoteType
from schema.mutation import Mutation
from schema.opportunities import OpportunityType
from schema.query import Query
from schema.resolving import with_direct_resolvers
from schema.scalars import SCALARS
from schema.signals import SignalType
from schema.subscription import Subscription
from schema.throttle import with_throttle


@cache
def build_schema() -> strawberry.Schema:
    """
    The schema of this gateway.

    It has no extensions: strawberry would run them for every operation, and what they are for (documents, limits,
    errors) the endpoint does once per text or in one place.
    """
    types: Iterable[Any] = (InstrumentType, QuoteType, CandleSeriesType, SignalType, OpportunityType)
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=types,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    return with_direct_resolvers(with_throttle(schema))


def printed_schema() -> str:
    """The schema as SDL, as it is committed in ``schema/schema.graphql``."""
    return build_schema().as_str() + "\n"


def committed_schema() -> str:
    """The SDL that this package was released with."""
    return files("schema").joinpath("schema.graphql").read_text("utf-8")
