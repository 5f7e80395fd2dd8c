"""
The simulated market: two years of hours and a month of minutes for 24 fictitious instruments.

What happened at a moment depends on the seed, the symbol and the moment, not on when the market was made: paths
start on a fixed day, and a session's minutes fill in the hours that the path already has.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from gateway.feeds.simulated_bars import common_minutes, hour_bars, index_bars, minute_bars
from gateway.feeds.simulated_listings import CRYPTO, CURRENCIES, EQUITIES, INDEX, INDEX_SPREAD, LISTINGS, Market
from gateway.feeds.simulated_paths import market_climate, price_path
from gateway.feeds.trading_hours import Sessions
from resolvers.model.bars import Bars, IntArray
from resolvers.model.instrument import InstrumentSpec
from resolvers.model.session import DAY, week_starts

_FIRST_DAY = 18_267  # Monday, 6 January 2020: every path starts here
_HOURS_DAYS = 730
_MINUTES_DAYS = 30

SEED = 20260101

_Parts = Callable[[Sessions], tuple[IntArray, IntArray]]  # which sessions are hours, and which are minutes


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedSeries:
    """
    One simulated instrument with its stored bars.

    Attributes:
        hours: H1 bars of about two years, ending where the minutes begin.
        minutes: M1 bars of at least the last thirty days, from the start of a trading week.
        spread: Typical bid/ask spread as a fraction of the price.
        volume_decimals: Decimal places of a traded quantity.
    """

    instrument: InstrumentSpec
    hours: Bars
    minutes: Bars
    spread: float
    volume_decimals: int


def simulated_market(*, until: int, seed: int = SEED) -> tuple[SimulatedSeries, ...]:
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

    def parts(sessions: Sessions) -> tuple[IntArray, IntArray]:
        begin, split = np.searchsorted(sessions.day, [until // DAY - _HOURS_DAYS, _handover(until)])
        return np.arange(begin, split), np.arange(split, len(sessions))

    return tuple(
        replace(one, minutes=one.minutes[: int(np.searchsorted(one.minutes.time, until // 60 * 60))])
        for one in _market(parts, until, seed)
    )


def simulated_continuation(*, since: int, now: int, until: int, seed: int = SEED) -> tuple[SimulatedSeries, ...]:
    """
    The bars that follow those which were stored up to *since*, whole sessions of them, as far as they are drawn.

    The minutes begin with the session of *since*, and reach to the end of the last session that begins before *until*.
    Where *since* is further back than minutes of a new market would be, the sessions between its own and these are
    hours. All times are unix seconds.
    """

    def parts(sessions: Sessions) -> tuple[IntArray, IntArray]:
        first = max(int(np.searchsorted(sessions.start, since, "right")) - 1, 0)
        split = max(int(np.searchsorted(sessions.day, _handover(now))), first + 1)
        between = np.arange(first + 1, min(split, len(sessions)))
        return between, np.concatenate(([first], np.arange(split, len(sessions))))

    return _market(parts, until, seed)


def _market(parts: _Parts, until: int, seed: int) -> tuple[SimulatedSeries, ...]:
    series = [one for market in (EQUITIES, CURRENCIES, CRYPTO) for one in _market_series(market, parts, until, seed)]
    return (*series, _index(series))


def _handover(now: int) -> int:
    """Where hours end and minutes begin: the start of a trading week, which splits no H1, H4, D1 or W1 bar."""
    return int(week_starts(np.array([now // DAY - _MINUTES_DAYS]))[0])


def _market_series(market: Market, parts: _Parts, until: int, seed: int) -> list[SimulatedSeries]:
    sessions = market.hours.sessions(_FIRST_DAY, until)
    old, recent = parts(sessions)
    climate = market_climate(market, sessions, seed)
    common = common_minutes(market.asset_class.value, market.hours, sessions.day[recent], seed)
    series = []
    for listing in LISTINGS:
        if listing.market is not market:
            continue
        path = price_path(listing, climate, seed)
        series.append(
            SimulatedSeries(
                instrument=listing.spec,
                hours=hour_bars(listing, sessions, path, old, seed),
                minutes=minute_bars(listing, sessions, path, recent, common, seed),
                spread=listing.spread,
                volume_decimals=market.volume_decimals,
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
        volume_decimals=EQUITIES.volume_decimals,
    )


def _date(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
