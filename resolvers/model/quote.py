"""The latest price of an instrument."""

from dataclasses import dataclass
from datetime import datetime

from resolvers.model.instrument import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """
    The latest price of an instrument, in its currency.

    Attributes:
        previous_close: Close of the session before the one that *as_of* lies in.
        volume: Units traded in the running session.
    """

    instrument_id: int
    price: float
    as_of: datetime
    source: Source
    bid: float | None = None
    ask: float | None = None
    previous_close: float | None = None
    volume: float | None = None
