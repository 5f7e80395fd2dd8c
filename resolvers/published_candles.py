"""Candles that clients publish: the good ones are stored, and the others are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from resolvers.errors import BadInput, Conflict
from resolvers.given import GivenCandles, Refusal
from resolvers.given_bars import columns_of, refused_bars
from resolvers.model.bars import Bars
from resolvers.model.instrument import Instrument, Source
from resolvers.publishing import Published, check_size, outcome, real_instruments
from resolvers.services import Services
from resolvers.storage.bars import SeriesWrite, Written
from resolvers.storage.series import SeriesKey, series_sources

_ATTEMPTS = 3


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
    check_size("bars", max(given, len(items)))
    refusals: list[Refusal] = []
    series: dict[SeriesKey, _Series] = {}
    instruments = await real_instruments(services, items, refusals)
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
    return await outcome(services, written, accepted, stored, refusals)


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
