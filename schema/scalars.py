"""Times as clients see them."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NewType, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

T = TypeVar("T")

# datetime.fromisoformat alone takes weeks, times without seconds and digits of any script as well.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

Moment = NewType("Moment", int)
"""Unix seconds that are shown as a DateTime."""

UnixSeconds = NewType("UnixSeconds", int)
"""Unix seconds that are shown as a number."""


FIRST_SECOND = -62_135_596_800
"""0001-01-01T00:00:00Z, the first moment that a DateTime can be."""

LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the last one."""


# An event's moment is selected by many.
@lru_cache(maxsize=1024)
def rfc3339(moment: datetime | int) -> str:
    """A moment in UTC as RFC 3339, with microseconds only where there are some."""
    value = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_rfc3339(text: object) -> datetime:
    """The moment that *text* names; a GraphQLError that says what was expected where it is none."""
    try:
        if not isinstance(text, str) or not _RFC3339.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise GraphQLError(
            f"DateTime must be RFC 3339 with an offset, such as 2024-01-31T15:00:00Z, was {str(text)[:60]!r}"
        ) from None


def given(value: T) -> T | None:
    """An optional argument's value; None where the client left it out."""
    return None if value is strawberry.UNSET else value


def whole_seconds(moment: datetime | None) -> int | None:
    """Unix seconds, rounded up: bars start on seconds, so the bound of a range may. None for none."""
    moment = given(moment)
    return None if moment is None else min(math.ceil(moment.timestamp()), LAST_SECOND)


DATE_TIME: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description="A moment in UTC as RFC 3339 text, such as `2024-01-31T15:00:00Z`.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=rfc3339,
    parse_value=parse_rfc3339,
)

UNIX_SECONDS: ScalarDefinition = strawberry.scalar(
    name="UnixSeconds",
    description="A moment as whole seconds since 1970-01-01T00:00:00Z; beyond 32 bits after 2038.",
    serialize=int,
    parse_value=int,
)

SCALARS: Mapping[object, ScalarDefinition] = {datetime: DATE_TIME, Moment: DATE_TIME, UnixSeconds: UNIX_SECONDS}
