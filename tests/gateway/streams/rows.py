"""What tests of streams ask of the stage, write to it, and expect to be told."""

from typing import Any

from tests.schema.odd_schema import Row

ROWS = "subscription ($names: [String!]!) { rows(names: $names) { name price } }"
EVERY = "subscription ($names: [String!], $like: String) { everyRow(names: $names, like: $like) { name price } }"


def row(name: str, price: float = 1.0, **more: Any) -> tuple[str, Row]:
    """What a market is written: a row under its name."""
    return name, Row(name=name, price=price, **more)


def told(*rows: tuple[str, float]) -> list[dict[str, Any]]:
    """Rows as a client is told them, by name and price."""
    return [{"name": name, "price": price} for name, price in rows]
