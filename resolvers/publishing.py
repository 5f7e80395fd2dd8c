"""Candles and quotes that clients publish: the good ones are stored, and the others are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from resolvers.compute.bar_rules import VALUE_LIMIT, plain
from resolvers.errors import BadInput, Conflict, NotFound, TooLarge
from resolvers.events.position import position_text
from resolvers.given import GivenCandles, GivenQuote, Refusal
from resolvers.given_bars import columns_of, refused_bars
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, Source
from resolvers.model.quote import Quote
from resolvers.services import Services
from resolvers.storage.bars import SeriesWrite, Written
from resolvers.storage.instruments import instruments_by_name
from resolvers.storage.outbox import stored_position
from resolvers.storage.series import SeriesKey, series_sources

MAX_ITEMS = 5_000
"""Most bars or quotes of one call."""

_ATTEMPTS = 3
_CLOCK_SECONDS = 60.0

_PRICES = ("price", "bid", "ask", "previous_close")

G = TypeVar("G", GivenCandles, GivenQuote)


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """
    What became of what a client gave.

    Attributes:
        accepted: Bars or quotes that can be right, and are stored now.
        stored: Those of them that were new or different.
        refusals: What was not taken, by index.
        position: A process that has reached it answers with all that was accepted.
    """

    accepted: int
    stored: int
    refusals: Sequence[Refusal]
    position: str


@dataclass(kw_only=True, slots=True)
class _Series:
    """Good bars of one series, with the items and the places that they come from."""

    instrument: Instrument
    parts: list[tuple[int, "np.ndarray[tuple[int], np.dtype[np.int64]]", Bars]] = field(default_factory=list)


async def publish_candles(services: Services, items: Sequence[GivenCandles]) -> Published:
    """
    Stores the good bars of *items* in one transaction.

    Raises:
        TooLarge: If there are more bars than one call may bring.
    """
    given = sum(len(item.bars) for item in items)
    _check_size("bars", max(given, len(items)))
    refusals: list[Refusal] = []
    series: dict[SeriesKey, _Series] = {}
    instruments = await _instruments(services, items, refusals)
    for index, item in enumerate(items):
        if index not in instruments:
            continue
        if not item.bars:
            refusals.append(Refusal(index=index, error=BadInput("bars must hold at least one"), path=("bars",)))
            continue
        bars = columns_of(item.bars)
        refused = refused_bars(index, item.interval, item.bars, bars, now=services.clock())
        refusals += refused.values()
        good = np.array([at for at in range(len(bars)) if at not in refused], np.int64)
        if len(good):
            one = series.setdefault((item.interval, instruments[index].id), _Series(instrument=instruments[index]))
            one.parts.append((index, good, _picked(bars, good)))
    merged = {key: _merged(one, refusals) for key, one in series.items()}
    written, stored_keys = await _store(services, series, merged, refusals)
    accepted = sum(count for key, (_, count) in merged.items() if key in stored_keys)
    stored = sum(change.bars - change.gone for change in written.changes if not change.is_derived)
    return await _published(services, written, accepted, stored, refusals)


async def _store(
    services: Services,
    series: Mapping[SeriesKey, _Series],
    merged: Mapping[SeriesKey, tuple[Bars, int]],
    refusals: list[Refusal],
) -> tuple[Written, set[SeriesKey]]:
    """Stores all series that no other source holds; that is looked up first, so that one does not refuse all."""
    for attempt in range(_ATTEMPTS):
        held = await series_sources(services.pool, list(series))
        conflicts = {key: source for key, source in held.items() if source is not Source.PUBLISHED}
        writes = [
            SeriesWrite(instrument=one.instrument, interval=key[0], source=Source.PUBLISHED, bars=merged[key][0])
            for key, one in series.items()
            if key not in conflicts
        ]
        try:
            written = await services.ingest.candles(writes, now=int(services.clock()))
        except Conflict:
            # Somebody else's bars came in between, and the next look finds them.
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        break
    for key, source in conflicts.items():
        error = Conflict(
            f"{series[key].instrument.symbol} {key[0].name} holds bars from {source},"
            f" and bars from {Source.PUBLISHED} cannot be mixed in"
        )
        refusals += [Refusal(index=index, error=error) for index, _, _ in series[key].parts]
    return written, series.keys() - conflicts.keys()


def _merged(one: _Series, refusals: list[Refusal]) -> tuple[Bars, int]:
    """The bars of a series in order, and how many were given; what contradicts an earlier one is refused."""
    item = np.concatenate([np.full(len(good), index) for index, good, _ in one.parts])
    place = np.concatenate([good for _, good, _ in one.parts])
    columns = {
        name: np.concatenate([getattr(bars, name) for _, _, bars in one.parts])
        for name in ("time", "open", "high", "low", "close", "volume")
    }
    order = np.argsort(columns["time"], kind="stable")
    keep: list[int] = []
    refused = 0
    for at in order.tolist():
        if not keep or columns["time"][keep[-1]] != columns["time"][at]:
            keep.append(at)
            continue
        first = keep[-1]
        if not all(np.array_equal(column[first], column[at], equal_nan=True) for column in columns.values()):
            error = BadInput(
                f"a bar must be given once, differs from items[{item[first]}].bars[{place[first]}] of the same time"
            )
            refusals.append(Refusal(index=int(item[at]), error=error, path=("bars", int(place[at]))))
            refused += 1
    return _picked(Bars(**columns), np.array(keep, np.int64)), len(order) - refused


def _picked(bars: Bars, places: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Bars:
    return Bars(
        time=bars.time[places],
        open=bars.open[places],
        high=bars.high[places],
        low=bars.low[places],
        close=bars.close[places],
        volume=bars.volume[places],
    )


async def publish_quotes(services: Services, items: Sequence[GivenQuote]) -> Published:
    """
    Stores the good quotes of *items* in one transaction; of several of one instrument the newest.

    Raises:
        TooLarge: If there are more than one call may bring.
    """
    _check_size("quotes", len(items))
    refusals: list[Refusal] = []
    instruments = await _instruments(services, items, refusals)
    newest: dict[int, Quote] = {}
    accepted = 0
    for index, instrument in instruments.items():
        item = items[index]
        refusal = _refused_quote(index, item, services.clock())
        if refusal is not None:
            refusals.append(refusal)
            continue
        accepted += 1
        other = newest.get(instrument.id)
        if other is None or other.as_of <= item.as_of:
            newest[instrument.id] = Quote(
                instrument_id=instrument.id,
                price=item.price,
                as_of=item.as_of,
                source=Source.PUBLISHED,
                bid=item.bid,
                ask=item.ask,
                previous_close=item.previous_close,
                volume=item.volume,
            )
    written = await services.ingest.quotes(list(newest.values())) if newest else Written()
    return await _published(services, written, accepted, len(written.quotes), refusals)


def _refused_quote(index: int, item: GivenQuote, now: float) -> Refusal | None:
    for name in _PRICES:
        value = getattr(item, name)
        if value is not None and not 0 < value < VALUE_LIMIT:
            expected = f"must be positive and below {VALUE_LIMIT:g}"
            return _bad(index, name, f"{_camel(name)} {expected}, was {plain(value)}")
    if item.volume is not None and not 0 <= item.volume < VALUE_LIMIT:
        return _bad(index, "volume", f"volume must be at least 0 and below {VALUE_LIMIT:g}, was {plain(item.volume)}")
    if item.bid is not None and item.ask is not None and item.bid > item.ask:
        return _bad(index, "bid", f"bid must be at most the ask {plain(item.ask)}, was {plain(item.bid)}")
    # One from the future would keep out every quote until then.
    if item.as_of.timestamp() > now + _CLOCK_SECONDS or item.as_of.year < 1800:
        return _bad(index, "as_of", f"asOf must not be in the future, was {item.as_of.isoformat()}")
    return None


def _bad(index: int, name: str, message: str) -> Refusal:
    return Refusal(index=index, error=BadInput(message), path=(_camel(name),))


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


async def _instruments(services: Services, items: Sequence[G], refusals: list[Refusal]) -> dict[int, Instrument]:
    """The real instrument of each item, by index; the others are refused."""
    names = [item.symbol.strip().upper() for item in items]
    # Past everything that is held: what is stored is decided by what is stored.
    known = await instruments_by_name(services.pool, list(set(names)))
    found: dict[int, Instrument] = {}
    for index, name in enumerate(names):
        instrument = known.get(name)
        if instrument is None:
            shown = name[:40] if name[:40].isprintable() and name else repr(name[:40])
            error: NotFound | Conflict = NotFound(f"no instrument {shown}")
        elif instrument.spec.is_simulated:
            error = Conflict(f"{instrument.symbol} is a simulated instrument, and real prices cannot be mixed in")
        else:
            found[index] = instrument
            continue
        refusals.append(Refusal(index=index, error=error, path=("symbol",)))
    return found


async def _published(
    services: Services, written: Written, accepted: int, stored: int, refusals: Sequence[Refusal]
) -> Published:
    # What was stored before may be news to other processes still: then the position is that of all that is stored.
    position = written.position if stored == accepted and stored else await stored_position(services.pool)
    return Published(
        accepted=accepted,
        stored=stored,
        refusals=sorted(refusals, key=lambda one: one.index),
        position=position_text(services.events.origin, position),
    )


def _check_size(what: str, count: int) -> None:
    if count > MAX_ITEMS:
        raise TooLarge(f"one call brings at most {MAX_ITEMS} {what}, {count} were given")
