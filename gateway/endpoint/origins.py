"""Which pages may open a connection."""

from collections.abc import Set
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def is_allowed(origin: str | None, host: str, allowed: Set[str]) -> bool:
    """
    Whether a page may open a WebSocket, to which browsers do not apply their same-origin policy.

    Args:
        origin: The request's ``Origin``; a client without one is no browser.
        host: The request's ``Host``, to which the gateway's own pages belong.
        allowed: Other origins, or ``*`` for all.
    """
    if origin is None or "*" in allowed or origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
        default = _PORTS.get(parts.scheme)
        # The scheme is not compared: what is in front of us may have taken TLS off.
        return parts.hostname is not None and (parts.hostname, parts.port or default) == _place(host, default)
    except ValueError:
        return False


def _place(host: str, default: int | None) -> tuple[str | None, int | None]:
    parts = urlsplit(f"//{host}")
    return parts.hostname, parts.port or default
