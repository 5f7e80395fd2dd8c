"""Quotes as bytes: JSON."""

from resolvers.cache.codec import EPOCH, MICROSECOND, json_bytes, parsed
from resolvers.model.instrument import Source
from resolvers.model.quote import Quote


def encoded_quote(quote: Quote) -> bytes:
    """A quote; floats by their shortest text, which is exact, and the moment in microseconds."""
    as_of = (quote.as_of - EPOCH) // MICROSECOND
    return json_bytes(
        [
            quote.instrument_id,
            quote.price,
            as_of,
            quote.source.value,
            quote.bid,
            quote.ask,
            quote.previous_close,
            quote.volume,
        ]
    )


def decoded_quote(payload: memoryview) -> Quote:
    """The quote."""
    instrument_id, price, as_of, source, bid, ask, previous_close, volume = parsed(payload)
    return Quote(
        instrument_id=instrument_id,
        price=price,
        as_of=EPOCH + as_of * MICROSECOND,
        source=Source(source),
        bid=bid,
        ask=ask,
        previous_close=previous_close,
        volume=volume,
    )
