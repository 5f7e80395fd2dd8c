"""The id under which a request is found in the log."""

import re
from os import urandom

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def request_id_of(given: bytes | None) -> bytes:
    """The client's ``X-Request-ID``, if it is one that a log line can hold, or a new one."""
    return given if given and _REQUEST_ID.fullmatch(given) else urandom(16).hex().encode()
