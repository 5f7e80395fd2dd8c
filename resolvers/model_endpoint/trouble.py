"""What can be wrong with a model's answer."""

from enum import StrEnum


class Trouble(StrEnum):
    """A kind of failure, as it is counted and logged."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    CUT = "cut"
    STATUS = "status"
    PROTOCOL = "protocol"
    REFUSED = "refused"


class ModelTrouble(Exception):
    """
    That there is no answer to be shown.

    Its text has no word of the request, of the key, or of the answer beyond a status.

    Attributes:
        pause_seconds: How long the endpoint has asked to be left alone, if it has.
    """

    def __init__(self, trouble: Trouble, detail: str, *, pause_seconds: float | None = None) -> None:
        super().__init__(f"{trouble}: {detail}")
        self.trouble = trouble
        self.pause_seconds = pause_seconds
