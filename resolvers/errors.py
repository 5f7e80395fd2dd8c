"""
The errors that a client can cause or meet, each with its code.

    GatewayError
    ├── BadInput            BAD_INPUT            an argument that cannot be right
    ├── TooLarge            TOO_LARGE            more was asked for than one answer may hold
    ├── NotFound            NOT_FOUND            no such instrument, series or node
    ├── Conflict            CONFLICT             a write that contradicts what is stored
    └── Unavailable         UNAVAILABLE          PostgreSQL or Redis cannot be reached

A message says what was expected, then what was found.
"""

from typing import ClassVar


class GatewayError(Exception):
    """An error whose text is meant for the client."""

    code: ClassVar[str] = "INTERNAL"


class BadInput(GatewayError):
    """An argument that cannot be right, whatever is stored."""

    code = "BAD_INPUT"


class TooLarge(GatewayError):
    """More was asked for than one answer may hold."""

    code = "TOO_LARGE"


class NotFound(GatewayError):
    """What was asked for is not stored."""

    code = "NOT_FOUND"


class Conflict(GatewayError):
    """A write that contradicts what is stored."""

    code = "CONFLICT"


class Unavailable(GatewayError):
    """A server behind the gateway cannot be reached."""

    code = "UNAVAILABLE"
