"""Instruments as bytes: JSON."""

from typing import Any

from resolvers.cache.codec import json_bytes, parsed
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from resolvers.model.universe import Liquidity, Member, Universe


def encoded_instruments(instruments: tuple[Instrument, ...]) -> bytes:
    """Instruments in their order."""
    return json_bytes([_instrument_fields(one) for one in instruments])


def decoded_instruments(payload: memoryview) -> tuple[Instrument, ...]:
    """The instruments."""
    return tuple(_instrument(fields) for fields in parsed(payload))


def encoded_instrument(instrument: Instrument) -> bytes:
    """One instrument."""
    return json_bytes(_instrument_fields(instrument))


def decoded_instrument(payload: memoryview) -> Instrument:
    """The instrument."""
    return _instrument(parsed(payload))


def encoded_intervals(intervals: tuple[Interval, ...]) -> bytes:
    """Intervals by their minutes."""
    return json_bytes([one.value for one in intervals])


def decoded_intervals(payload: memoryview) -> tuple[Interval, ...]:
    """The intervals."""
    return tuple(Interval(minutes) for minutes in parsed(payload))


def encoded_universe(universe: Universe) -> bytes:
    """The members."""
    return json_bytes([_member_fields(one) for one in universe.members.values()])


def decoded_universe(payload: memoryview) -> Universe:
    """The universe."""
    return Universe({one.instrument.id: one for one in map(_member, parsed(payload))})


def _instrument_fields(instrument: Instrument) -> list[Any]:
    spec = instrument.spec
    return [
        instrument.id,
        spec.symbol,
        spec.asset_class.value,
        spec.currency,
        spec.sessions.timezone,
        spec.sessions.roll_minutes,
        spec.name,
        spec.exchange,
        spec.aliases,
        spec.tick_size,
        spec.is_active,
        spec.is_simulated,
    ]


def _instrument(fields: list[Any]) -> Instrument:
    number, symbol, asset_class, currency, timezone, roll, name, exchange, aliases, tick, active, simulated = fields
    return Instrument(
        id=number,
        spec=InstrumentSpec(
            symbol=symbol,
            asset_class=AssetClass(asset_class),
            currency=currency,
            sessions=SessionCalendar(timezone=timezone, roll_minutes=roll),
            name=name,
            exchange=exchange,
            aliases=tuple(aliases),
            tick_size=tick,
            is_active=active,
            is_simulated=simulated,
        ),
    )


def _member_fields(member: Member) -> list[Any]:
    liquidity = member.liquidity
    traded = None if liquidity is None else [liquidity.turnover, liquidity.days, liquidity.rank, liquidity.peers]
    return [_instrument_fields(member.instrument), traded]


def _member(fields: list[Any]) -> Member:
    instrument, traded = fields
    liquidity = None
    if traded is not None:
        turnover, days, rank, peers = traded
        liquidity = Liquidity(turnover=turnover, days=days, rank=rank, peers=peers)
    return Member(instrument=_instrument(instrument), liquidity=liquidity)
