"""Instruments, the intervals that are stored of them, and their quotes."""

from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.cache.found import Loaded
from resolvers.model.event import INSTRUMENTS, quote_subject
from resolvers.model.instrument import Instrument
from resolvers.model.instrument_page import InstrumentPage
from resolvers.model.interval import Interval
from resolvers.model.quote import Quote
from resolvers.reading.reads import Missing, Reads
from resolvers.storage.instruments import (
    read_instrument_count,
    read_instrument_page,
    read_instruments_by_name,
    read_intervals,
)
from resolvers.storage.quotes import read_quotes


def held_instrument(reads: Reads, name: str) -> Instrument | Missing | None:
    """The instrument of a name, if the process holds it."""
    return reads.peeked(reads.services.tiers.nouns.instrument, name, INSTRUMENTS)


async def instruments_by_name(reads: Reads, names: Sequence[str]) -> Mapping[str, Instrument | None]:
    """Instruments by symbol or alias; None for names that nobody has."""
    pool = reads.services.pool

    async def load(names: Sequence[str]) -> dict[str, Loaded[Instrument] | Exception]:
        read = await read_instruments_by_name(pool, names)
        return {name: Loaded(read.value.get(name), read.revision) for name in names}

    found = await reads.found(reads.services.tiers.nouns.instrument, dict.fromkeys(names, INSTRUMENTS), load)
    return {name: _given(one.value) for name, one in found.items()}


def held_intervals(reads: Reads, instrument_id: int) -> tuple[Interval, ...] | Missing | None:
    """The stored intervals of an instrument, if the process holds them."""
    return reads.peeked(reads.services.tiers.nouns.intervals, instrument_id, INSTRUMENTS)


async def stored_intervals(reads: Reads, instrument_ids: Sequence[int]) -> Mapping[int, tuple[Interval, ...] | None]:
    """The intervals of which bars are stored, shortest first, by instrument; None where there is none."""
    pool = reads.services.pool

    async def load(ids: Sequence[int]) -> dict[int, Loaded[tuple[Interval, ...]] | Exception]:
        read = await read_intervals(pool, ids)
        return {one: Loaded(tuple(read.value[one]) if one in read.value else None, read.revision) for one in ids}

    found = await reads.found(reads.services.tiers.nouns.intervals, dict.fromkeys(instrument_ids, INSTRUMENTS), load)
    return {number: _given(one.value) for number, one in found.items()}


async def instrument_page(reads: Reads, page: InstrumentPage) -> list[Instrument]:
    """The page's instruments, by symbol; one more than asked for where there are more."""
    noun, pool = reads.services.tiers.nouns.page, reads.services.pool
    held = reads.peeked(noun, page, INSTRUMENTS)
    if isinstance(held, Missing):

        async def load(
            pages: Sequence[InstrumentPage],
        ) -> dict[InstrumentPage, Loaded[tuple[Instrument, ...]] | Exception]:
            reads = {one: await read_instrument_page(pool, one) for one in pages}
            return {one: Loaded(tuple(read.value), read.revision) for one, read in reads.items()}

        held = _given((await reads.found(noun, {page: INSTRUMENTS}, load))[page].value)
    return list(held or ())


async def instrument_count(reads: Reads, page: InstrumentPage) -> int:
    """How many instruments match a page's conditions, on all pages together."""
    noun, pool = reads.services.tiers.nouns.count, reads.services.pool
    held = reads.peeked(noun, page, INSTRUMENTS)
    if isinstance(held, Missing):

        async def load(pages: Sequence[InstrumentPage]) -> dict[InstrumentPage, Loaded[int] | Exception]:
            reads = {one: await read_instrument_count(pool, one) for one in pages}
            return {one: Loaded(read.value, read.revision) for one, read in reads.items()}

        held = _given((await reads.found(noun, {page: INSTRUMENTS}, load))[page].value)
    return held or 0


def held_quote(reads: Reads, instrument_id: int) -> Quote | Missing | None:
    """The quote of an instrument, if the process holds it."""
    return reads.peeked(reads.services.tiers.nouns.quote, instrument_id, quote_subject(instrument_id))


async def latest_quotes(reads: Reads, instrument_ids: Sequence[int]) -> Mapping[int, Quote | None]:
    """The quotes of instruments; None for those that have none."""
    pool = reads.services.pool

    async def load(ids: Sequence[int]) -> dict[int, Loaded[Quote] | Exception]:
        read = await read_quotes(pool, ids)
        return {one: Loaded(*read[one]) if one in read else Loaded(None, 0) for one in ids}

    found = await reads.found(
        reads.services.tiers.nouns.quote, {one: quote_subject(one) for one in instrument_ids}, load
    )
    return {number: _given(one.value) for number, one in found.items()}


def _given(value: Any) -> Any:
    """A value; errors are raised, which these loads have none of for single keys."""
    if isinstance(value, Exception):
        raise value
    return value
