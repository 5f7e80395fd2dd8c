"""Signals, as a query asks for them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from resolvers.errors import NotFound
from resolvers.loaders import Loaders
from resolvers.model.instrument import Instrument
from resolvers.model.signal import Signal, SignalStatus
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage

T = TypeVar("T")


async def signal(loaders: Loaders, key: SignalKey) -> Signal:
    """
    The signal of a key.

    Raises:
        NotFound: If there is none.
    """
    found = await loaders.signal.load(key)
    if found is None:
        raise NotFound("no signal with this id is stored")
    return found


async def signals(loaders: Loaders, page: SignalPage) -> list[Signal]:
    """The signals of a page in its order; one more than it shows where there are more."""
    return list(await loaders.signals.load(page) or ())


async def count_of_signals(loaders: Loaders, conditions: SignalConditions) -> int:
    """How many signals are meant, on all pages together."""
    return await loaders.signal_count.load(conditions) or 0


def instrument_of(loaders: Loaders, signal: Signal, use: Callable[[Instrument], T]) -> T | Awaitable[T]:
    """
    What *use* makes of what a signal is about, at once where that is at hand.

    Raises:
        NotFound: If the instrument is gone.
    """

    def used(found: Instrument | None) -> T:
        if found is None:
            raise NotFound(f"no instrument {signal.symbol}")
        return use(found)

    return loaders.instrument_by_name.then(signal.symbol, used)


def status(loaders: Loaders, signal: Signal) -> SignalStatus:
    """Whether a signal stands now; an answer that says so holds until the clock ends it."""
    now = loaders.services.clock()
    found = signal.status(now)
    if found is SignalStatus.ACTIVE and signal.valid_until is not None:
        loaders.trace.holds_until(signal.valid_until.timestamp())
    return found
