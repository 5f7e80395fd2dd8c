"""
The simulated market: two years of hours and a month of minutes for 24 fictitious instruments.

What happened at a moment depends on the seed, the symbol and the moment, not on when the market was made: paths
start on a fixed day, and a session's minutes fill in the hours that the path already has.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from gateway.feeds.simulated_bars import common_minutes, hour_bars, index_bars, minute_bars
from gateway.feeds.simulated_listings import CRYPTO, CURRENCIES, EQUITIES, INDEX, INDEX_SPREAD, LISTINGS, Market
from gateway.feeds.simulated_paths import market_climate, price_path
from resolvers.model.bars import Bars
from resolvers.model.instrument import InstrumentSpec
from resolvers.model.session import DAY, week_starts

_FIRST_DAY = 18_267  # Monday, 6 January 2020: every path starts here
_HOURS_DAYS = 730
_MINUTES_DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedSeries:
    """
    One simulated instrument with its stored bars.

    Attributes:
        hours: H1 bars of about two years, ending where the minutes begin.
        minutes: M1 bars of at least the last thirty days, from the start of a trading week.
        spread: Typical bid/ask spread as a fraction of the price.
    """

    instrument: InstrumentSpec
    hours: Bars
    minutes: Bars
    spread: float


def simulated_market(*, until: int, seed: int = 20260101) -> tuple[SimulatedSeries, ...]:
    """
    All instruments of the simulated market, with their bars before a moment.

    Args:
        until: Unix seconds, floored to the minute; no bar ends later.
        seed: Another seed is another market, with the same instruments.

    Raises:
        ValueError: If *until* is less than two years after the start of the paths.
    """
    earliest = (_FIRST_DAY + _HOURS_DAYS) * DAY
    if until < earliest:
        raise ValueError(f"until must be at least {_date(earliest)}, was {_date(until)}")
    series = [one for market in (EQUITIES, CURRENCIES, CRYPTO) for one in _market_series(market, until, seed)]
    return (*series, _index(series))


def _market_series(market: Market, until: int, seed: int) -> list[SimulatedSeries]:
    sessions = market.hours.sessions(_FIRST_DAY, until)
    # The parts meet at the start of a trading week, which splits no H1, H4, D1 or W1 bar, FX included.
    handover = int(week_starts(np.array([until // DAY - _MINUTES_DAYS]))[0])
    begin, split = np.searchsorted(sessions.day, [until // DAY - _HOURS_DAYS, handover])
    old, recent = slice(int(begin), int(split)), slice(int(split), len(sessions))
    climate = market_climate(market, sessions, seed)
    common = common_minutes(market.asset_class.value, market.hours, sessions.day[recent], seed)
    series = []
    for listing in LISTINGS:
        if listing.market is not market:
            continue
        path = price_path(listing, climate, seed)
        minutes = minute_bars(listing, sessions, path, recent, common, seed)
        series.append(
            SimulatedSeries(
                instrument=listing.spec,
                hours=hour_bars(listing, sessions, path, old, seed),
                minutes=minutes[: int(np.searchsorted(minutes.time, until // 60 * 60))],
                spread=listing.spread,
            )
        )
    return series


def _index(series: list[SimulatedSeries]) -> SimulatedSeries:
    by_symbol = {one.instrument.symbol: one for one in series}
    members = [(listing, by_symbol[listing.symbol]) for listing in LISTINGS if listing.weight > 0]
    return SimulatedSeries(
        instrument=INDEX,
        hours=index_bars([(listing, one.hours) for listing, one in members]),
        minutes=index_bars([(listing, one.minutes) for listing, one in members]),
        spread=INDEX_SPREAD,
    )


def _date(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
