"""The root of all queries."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from resolvers import market, signals
from resolvers.errors import BadInput, GatewayError, TooLarge
from schema import market_costs
from schema.agents import AgentType, OfFamily, agents_of
from schema.candles import CandleSeriesType
from schema.context import Info
from schema.engine_costs import AGENTS_LIST
from schema.enums import Interval, SignalOrder
from schema.instrument import WINDOW, From, InstrumentType, Last, OfInterval, To, candle_series
from schema.instruments import InstrumentConnection, InstrumentFilter
from schema.market import QuoteType
from schema.node import Node, parsed_id
from schema.scalars import FIRST_SECOND, LAST_SECOND, given, whole_seconds
from schema.signal_pages import SignalAfter, SignalConnection, SignalFirst, SignalWanted
from schema.signals import SignalType, signal_key

MAX_KEYS = 500

OfSymbol = Annotated[str, strawberry.argument(description="Its symbol or an alias, in any case.")]


def _checked_keys(name: str, keys: Sequence[str]) -> Sequence[str]:
    if len(keys) > MAX_KEYS:
        raise TooLarge(f"{name} holds at most {MAX_KEYS} items, {len(keys)} were given")
    return keys


async def _node(info: Info, id_: str) -> Node:
    """The object that an id names; a GatewayError says why there is none."""
    found = await _parsed_node(info, *parsed_id(id_))
    # An alias or another case finds an object too, but no object ever had such an id.
    if found is None or found.id != id_:
        raise BadInput(f"an id that this API gave out was expected, was {id_[:80]!r}")
    return found


async def _parsed_node(info: Info, kind: str, parts: Sequence[object]) -> Node | None:
    """The object that the parts of an id name; None if no object's id has such parts."""
    match kind, parts:
        case "Instrument", [str(symbol)]:
            return InstrumentType.of(await market.instrument(info.context.loaders, symbol))
        case "Quote", [str(symbol)]:
            (found,) = await market.quotes(info.context.loaders, [symbol])
            if isinstance(found, GatewayError):
                raise found
            return QuoteType.of(*found)
        case "Signal", [int(time), str(digest)] if (key := signal_key(time, digest)) is not None:
            return SignalType.of(await signals.signal(info.context.loaders, key))
        case "CandleSeries", [
            str(symbol),
            str(interval),
            int() | None as last,
            int() | None as start,
            int() | None as end,
        ] if interval in Interval.__members__ and all(_is_bound(one) for one in (last, start, end)):
            instrument = await market.instrument(info.context.loaders, symbol)
            return await candle_series(info, instrument, Interval[interval], last=last, start=start, end=end)
    return None


def _is_bound(value: int | None) -> bool:
    """Whether an id's number can have been given out: true is an int to Python, and years have four digits."""
    return value is None or (not isinstance(value, bool) and FIRST_SECOND <= value <= LAST_SECOND)


async def _node_or_error(info: Info, id_: str) -> Node | GatewayError:
    try:
        return await _node(info, id_)
    except GatewayError as error:
        return error


@strawberry.type(description="Everything that can be asked for.")
class Query:
    """Root fields. An error nulls its own field alone, so each of them that can have one is nullable."""

    @strawberry.field(
        description="The object with a global id; fails with `NOT_FOUND` where it is gone.", **market_costs.NODE
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="An id from this API.")],  # noqa: A002
    ) -> Node | None:
        return await _node(info, id)

    @strawberry.field(
        description="The objects with these ids, in their order; null with an error where one is gone.",
        **market_costs.NODES,
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 500 ids.")]
    ) -> list[Node | None] | None:
        # An error in an item's place is one error at that index; strawberry has no type for it.
        found: list[Any] = await asyncio.gather(*(_node_or_error(info, id_) for id_ in _checked_keys("ids", ids)))
        return found

    @strawberry.field(description="An instrument; fails with `NOT_FOUND` where there is none of that name.")
    async def instrument(self, info: Info, symbol: OfSymbol) -> InstrumentType | None:
        return InstrumentType.of(await market.instrument(info.context.loaders, symbol))

    @strawberry.field(description="Instruments by symbol, a page at a time.", **market_costs.INSTRUMENTS)
    async def instruments(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="At most this many, up to 500.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="Continue behind this cursor.")
        ] = strawberry.UNSET,
        search: Annotated[
            str | None,
            strawberry.argument(description="Text that the symbol, an alias or the name contains, in any case."),
        ] = strawberry.UNSET,
        filter: Annotated[  # noqa: A002
            InstrumentFilter | None, strawberry.argument(description="Conditions that all must hold.")
        ] = strawberry.UNSET,
    ) -> InstrumentConnection | None:
        return await InstrumentConnection.read(info, first, given(after), given(search), given(filter))

    @strawberry.field(
        description="The latest quotes of symbols, in their order; null with an error where one is unknown.",
        **market_costs.QUOTES,
    )
    async def quotes(
        self, info: Info, symbols: Annotated[list[str], strawberry.argument(description="At most 500 symbols.")]
    ) -> list[QuoteType | None] | None:
        found = await market.quotes(info.context.loaders, _checked_keys("symbols", symbols))
        # An error in an item's place is one error at that index; strawberry has no type for it.
        return [one if isinstance(one, GatewayError) else QuoteType.of(*one) for one in found]  # type: ignore[misc]

    @strawberry.field(description=WINDOW, **market_costs.CANDLES)
    async def candles(
        self,
        info: Info,
        symbol: OfSymbol,
        interval: OfInterval = Interval.D1,
        last: Last = strawberry.UNSET,
        from_: From = strawberry.UNSET,
        to: To = strawberry.UNSET,
    ) -> CandleSeriesType | None:
        instrument = await market.instrument(info.context.loaders, symbol)
        return await candle_series(
            info, instrument, interval, last=given(last), start=whole_seconds(from_), end=whole_seconds(to)
        )

    @strawberry.field(description="The signal with an id; fails with `NOT_FOUND` where it is gone.")
    async def signal(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of a signal.")],  # noqa: A002
    ) -> SignalType | None:
        kind, parts = parsed_id(id)
        found = await _node(info, id) if kind == "Signal" else None
        if not isinstance(found, SignalType):
            raise BadInput(f"the id of a signal was expected, was that of {kind} {parts!r}"[:200])
        return found

    @strawberry.field(
        description="Signals by the time of their bar, a page at a time. Fails with `NOT_FOUND` for an unknown symbol.",
        **market_costs.SIGNALS,
    )
    async def signals(
        self,
        info: Info,
        first: SignalFirst = 20,
        after: SignalAfter = strawberry.UNSET,
        filter: SignalWanted = strawberry.UNSET,  # noqa: A002
        order_by: Annotated[
            SignalOrder | None, strawberry.argument(description="`NEWEST` first, if not said otherwise.")
        ] = strawberry.UNSET,
    ) -> SignalConnection | None:
        return await SignalConnection.read(info, first, given(after), given(filter), given(order_by))

    @strawberry.field(description="The agents that vote now, in the order of their votes.", **AGENTS_LIST)
    def agents(self, info: Info, family: OfFamily = strawberry.UNSET) -> list[AgentType]:
        agents, wanted = agents_of(info.context.services.roster), given(family)
        return [one for one in agents if wanted is None or one.entry.family is wanted]
