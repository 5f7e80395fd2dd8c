"""The connection of signals."""

from dataclasses import replace
from typing import Annotated

import strawberry

from resolvers import signals
from resolvers.errors import BadInput
from resolvers.model.instrument import Instrument
from resolvers.model.signal import Signal
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalPage
from schema.caching import CacheControl
from schema.context import Info
from schema.enums import Interval, SignalOrder
from schema.market_costs import SIGNAL_COUNT
from schema.pagination import PageInfo, checked_first, cursor_of, key_of
from schema.signals import SignalFilter, SignalType, conditions_of, signal_key

_KIND = "signal"

SignalFirst = Annotated[int, strawberry.argument(description="At most this many, up to 500.")]
SignalAfter = Annotated[str | None, strawberry.argument(description="Continue behind this cursor.")]
SignalWanted = Annotated[SignalFilter | None, strawberry.argument(description="Conditions that all must hold.")]


def _cursor(signal: Signal) -> str:
    return cursor_of(_KIND, f"{signal.time}:{signal.digest}")


def _key(cursor: str | None) -> SignalKey | None:
    text = key_of(_KIND, cursor)
    if text is None:
        return None
    time, _, digest = text.partition(":")
    try:
        key = signal_key(int(time), digest)
    except ValueError:
        key = None
    if key is None or f"{key.time}:{key.digest}" != text:
        raise BadInput(f"after must be a cursor of this connection, was {(cursor or '')[:80]!r}")
    return key


@strawberry.type(name="SignalEdge", description="A signal on a page of a connection.")
class SignalEdge:
    """A node and its cursor."""

    cursor: str = strawberry.field(description="Where it stands; give it as `after` to continue behind it.")
    node: SignalType = strawberry.field(description="The signal.")


@strawberry.type(
    name="SignalConnection",
    description="Signals by the time of their bar, a page at a time.",
    directives=[CacheControl(max_age=30)],
)
class SignalConnection:
    """A page of signals."""

    page: strawberry.Private[SignalPage]
    found: strawberry.Private[list[Signal]]

    @classmethod
    async def read(
        cls,
        info: Info,
        first: int,
        after: str | None,
        asked: SignalFilter | None,
        order: SignalOrder | None,
        *,
        of: Instrument | None = None,
    ) -> "SignalConnection":
        """
        The page behind the cursor *after*.

        Raises:
            BadInput: If *first* is negative, *after* is no cursor of signals, or a condition cannot be right.
            TooLarge: If *first* is over the limit.
            NotFound: If a symbol is unknown.
        """
        page = SignalPage(
            conditions=SignalConditions(),
            first=checked_first(first),
            after=_key(after),
            order=order or SignalOrder.NEWEST,
        )
        page = replace(page, conditions=await conditions_of(info.context.loaders, asked, of=of))
        return cls(page=page, found=await signals.signals(info.context.loaders, page))

    @strawberry.field(description="The page's signals with their cursors.")
    def edges(self) -> list[SignalEdge]:
        return [SignalEdge(cursor=_cursor(one), node=SignalType.of(one)) for one in self._shown()]

    @strawberry.field(description="The page's signals.")
    def nodes(self) -> list[SignalType]:
        return [SignalType.of(one) for one in self._shown()]

    @strawberry.field(description="Where the page lies.")
    def page_info(self) -> PageInfo:
        shown = self._shown()
        return PageInfo(
            has_next_page=len(self.found) > len(shown),
            has_previous_page=self.page.after is not None,
            start_cursor=_cursor(shown[0]) if shown else None,
            end_cursor=_cursor(shown[-1]) if shown else None,
        )

    @strawberry.field(description="How many signals match on all pages; counted only when asked for.", **SIGNAL_COUNT)
    async def total_count(self, info: Info) -> int:
        return await signals.count_of_signals(info.context.loaders, self.page.conditions)

    def _shown(self) -> list[Signal]:
        return self.found[: self.page.first]


async def latest_signal(info: Info, instrument: Instrument, interval: Interval) -> SignalType | None:
    """The signal of the latest bar of an instrument's interval."""
    conditions = SignalConditions(instrument_ids=(instrument.id,), interval=interval, is_of_present=True)
    found = await signals.signals(info.context.loaders, SignalPage(conditions=conditions, first=1))
    return SignalType.of(found[0]) if found else None
