"""What a message says of its stream, in ``extensions.stream``."""

from typing import Final

LIVE: Final = "LIVE"
UNAVAILABLE: Final = "UNAVAILABLE"


def told(position: str | None, *, skipped: int = 0, reset: bool = False, status: str | None = None) -> bytes:
    """
    The value of ``extensions.stream``.

    Args:
        position: What a client gives to resume after this message; base64, which needs no escape. None before there
            is one.
        skipped: Changes of the subscriber's subjects since its previous message whose value is not in this one.
        reset: Whether what was missed is no longer known, and this is the present state instead.
        status: Whether the source can be reached, where that has changed.
    """
    parts = []
    if position is not None:
        parts.append(f'"id":"{position}"')
    if skipped:
        parts.append(f'"skipped":{skipped}')
    if reset:
        parts.append('"reset":true')
    if status is not None:
        parts.append(f'"status":"{status}"')
    return f"{{{','.join(parts)}}}".encode()
