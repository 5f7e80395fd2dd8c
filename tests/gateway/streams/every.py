"""Numbered items of a field of which nothing may be missed."""

import asyncio
from typing import Any

from gateway.streams.hub_settings import HubSettings
from gateway.streams.message import StreamMessage
from gateway.streams.subscriber import Subscriber
from resolvers.events.position import position_text
from resolvers.model.event import EventKind
from tests.gateway.streams.memory import ORIGIN
from tests.gateway.streams.stage import Stage, rows_of
from tests.schema.odd_schema import Row

EVERY = "subscription ($names: [String!], $like: String) { everyRow(names: $names, like: $like) { name price } }"
SLOW = "subscription { everyRow { price besideOrNone { name } } }"


def settings_of(**changes: Any) -> HubSettings:
    """A hub that tells at once, with small pages and outboxes."""
    given = {"beat_seconds": 0.0, "retry_seconds": (0.0, 0.0), "max_outbox_bytes": 20_000, "page_changes": 50}
    return HubSettings(**{**given, **changes})


def row(number: int, name: str = "a", **more: Any) -> tuple[str, Row]:
    """A change whose price is a number."""
    return name, Row(name=name, price=float(number), **more)


def prices_of(message: StreamMessage | None) -> list[int]:
    """The numbers of a message that has no errors."""
    return [int(one["price"]) for one in rows_of(message)]


def position_of(number: int) -> str:
    """The position after an event of the markets."""
    return position_text(ORIGIN, {EventKind.CANDLES: number})


async def rest_of(stage: Stage, one: Subscriber) -> list[int]:
    """All that a client reads until there is nothing more."""
    prices: list[int] = []
    while (message := one.taken()) is not None or not stage.hub.is_idle:
        prices += [] if message is None else prices_of(message)
        await asyncio.sleep(0)
    return prices
