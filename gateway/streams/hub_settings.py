"""The settings of a hub."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class HubSettings:
    """
    How a hub paces its streams, and what it holds for them.

    Attributes:
        beat_seconds: From one flush to the next, at least.
        turn_seconds: How long a flush works before it lets others. With what the system has to send by then, and what
            others do in their turns, the event loop is busy for several times as long.
        max_outbox_bytes: Of the items that wait for one subscriber.
        kept_changes: Of each field, for subscribers who come back.
        page_changes: That are read and executed at once for subscribers who have missed more.
        max_due_changes: Of a field of mode ALL, that wait for the execution of one selection.
        execution_seconds: How long an execution may take. What it has not made by then is an error.
        retry_seconds: First and longest time until a read is tried again that a source could not do.
    """

    beat_seconds: float = 0.05
    turn_seconds: float = 0.0015
    max_outbox_bytes: int = 1_000_000
    kept_changes: int = 5_000
    page_changes: int = 200
    max_due_changes: int = 1_000
    execution_seconds: float = 10.0
    retry_seconds: tuple[float, float] = (0.5, 5.0)
