"""What the publishing of candles, of quotes and of signals have in common: who may be written to, and what is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from resolvers.errors import Conflict, NotFound, TooLarge
from resolvers.events.position import position_text
from resolvers.given import GivenCandles, GivenQuote, GivenSignal, Refusal
from resolvers.model.instrument import Instrument
from resolvers.services import Services
from resolvers.storage.bars import Written
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.outbox import stored_position

MAX_ITEMS = 5_000
"""Most bars, quotes or signals of one call."""

G = TypeVar("G", GivenCandles, GivenQuote, GivenSignal)


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """
    What became of what a client gave.

    Attributes:
        accepted: Bars, quotes or signals that can be right, and are stored now.
        stored: Those of them that were new or different.
        refusals: What was not taken, by index.
        position: A process that has reached it answers with all that was accepted.
    """

    accepted: int
    stored: int
    refusals: Sequence[Refusal]
    position: str


async def real_instruments(services: Services, items: Sequence[G], refusals: list[Refusal]) -> dict[int, Instrument]:
    """The real instrument of each item, by index; the others are refused."""
    found = await named_instruments(services, items, refusals)
    for index, instrument in tuple(found.items()):
        if instrument.spec.is_simulated:
            error = Conflict(f"{instrument.symbol} is a simulated instrument, and real prices cannot be mixed in")
            refusals.append(Refusal(index=index, error=error, path=("symbol",)))
            del found[index]
    return found


async def named_instruments(services: Services, items: Sequence[G], refusals: list[Refusal]) -> dict[int, Instrument]:
    """The instrument of each item, by index; items of unknown ones are refused."""
    return await instruments_named(services, [item.symbol for item in items], refusals, path=("symbol",))


async def instruments_named(
    services: Services, symbols: Sequence[str], refusals: list[Refusal], *, path: tuple[str | int, ...] = ()
) -> dict[int, Instrument]:
    """The instrument of each symbol, by index; unknown ones are refused, at *path* below the index."""
    names = [symbol.strip().upper() for symbol in symbols]
    # Past everything that is held: what is stored is decided by what is stored.
    known = await instruments_by_name(services.pool, list(set(names)))
    found: dict[int, Instrument] = {}
    for index, name in enumerate(names):
        if name in known:
            found[index] = known[name]
            continue
        shown = name[:40] if name[:40].isprintable() and name else repr(name[:40])
        refusals.append(Refusal(index=index, error=NotFound(f"no instrument {shown}"), path=path))
    return found


async def outcome(
    services: Services, written: Written, accepted: int, stored: int, refusals: Sequence[Refusal]
) -> Published:
    """What is told of a call; *accepted* counts what can be right, and *stored* what of it was new or different."""
    # What was stored before may be news to other processes still: then the position is that of all that is stored.
    position = written.position if stored == accepted and stored else await stored_position(services.pool)
    return Published(
        accepted=accepted,
        stored=stored,
        refusals=sorted(refusals, key=lambda one: one.index),
        position=position_text(services.events.origin, position),
    )


def check_size(what: str, count: int) -> None:
    """
    Refuses a call that is too large as a whole.

    Raises:
        TooLarge: If *count* is over the limit.
    """
    if count > MAX_ITEMS:
        raise TooLarge(f"one call brings at most {MAX_ITEMS} {what}, {count} were given")
