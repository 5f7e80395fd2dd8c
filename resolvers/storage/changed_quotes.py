"""Quotes that a write has changed, as the event tells them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import asyncpg

from resolvers.model.event import Event, quote_subject
from resolvers.model.instrument import Source
from resolvers.model.quote import Quote
from resolvers.storage.outbox import Draft

_COLUMNS = "instrument_id, price, bid, ask, previous_close, volume, as_of, source, revision"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedQuote:
    """A quote as it is now; `revision` is its new one."""

    symbol: str
    revision: int
    quote: Quote


def returning_changed(statement: str) -> str:
    """*statement*, which writes quotes, so that it returns them with their symbols."""
    names = ", ".join(f"changed.{name}" for name in _COLUMNS.split(", "))
    returned = ", ".join(f"quotes.{name}" for name in _COLUMNS.split(", "))
    return (
        f"WITH changed AS ({statement} RETURNING {returned}) SELECT {names}, instruments.symbol"  # noqa: S608
        " FROM changed JOIN instruments ON instruments.id = changed.instrument_id ORDER BY instrument_id"
    )


def changed_quotes(rows: Iterable[asyncpg.Record]) -> list[ChangedQuote]:
    """The rows of a statement made by `returning_changed`."""
    return [
        ChangedQuote(
            symbol=row["symbol"],
            revision=row["revision"],
            quote=Quote(
                instrument_id=row["instrument_id"],
                price=row["price"],
                bid=row["bid"],
                ask=row["ask"],
                previous_close=row["previous_close"],
                volume=row["volume"],
                as_of=row["as_of"],
                source=Source(row["source"]),
            ),
        )
        for row in rows
    ]


# Several listeners take the quotes of an event, one after the other.
@lru_cache(maxsize=1)
def quotes_told(event: Event) -> tuple[Quote, ...]:
    """The quotes that an event tells, as `quotes_draft` has written them."""
    return tuple([
        Quote(
            instrument_id=one["id"],
            price=one["price"],
            bid=one["bid"],
            ask=one["ask"],
            previous_close=one["previousClose"],
            volume=one["volume"],
            as_of=datetime.fromisoformat(one["asOf"]),
            source=Source(one["source"]),
        )
        for one in event.body.get("quotes", ())
    ])  # fmt: skip


def quotes_draft(changed: Sequence[ChangedQuote]) -> Draft:
    """One event for all quotes of a write; `asOf` is RFC 3339 in UTC."""
    return Draft(
        revisions={quote_subject(one.quote.instrument_id): one.revision for one in changed},
        body={
            "quotes": [
                {
                    "id": one.quote.instrument_id,
                    "symbol": one.symbol,
                    "revision": one.revision,
                    "price": one.quote.price,
                    "bid": one.quote.bid,
                    "ask": one.quote.ask,
                    "previousClose": one.quote.previous_close,
                    "volume": one.quote.volume,
                    "asOf": one.quote.as_of,
                    "source": one.quote.source.value,
                }
                for one in changed
            ]
        },
    )
