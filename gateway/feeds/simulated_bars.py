"""Bars of the simulated market, drawn from the hourly paths of its instruments."""

import numpy as np

from gateway.feeds.simulated_listings import INDEX_LEVEL, Listing
from gateway.feeds.simulated_paths import Path, random_stream
from gateway.feeds.trading_hours import Sessions, TradingHours
from resolvers.model.bars import Bars, IntArray, Series

_MINUTE_ROUGHNESS = 0.7  # standard deviation of a minute's log variance
_INDEX_REACH = 0.55  # members turn at different moments, so the index does not reach the sum of their extremes


def hour_bars(listing: Listing, sessions: Sessions, path: Path, part: IntArray, seed: int) -> Bars:
    """Hour bars of the sessions in *part*."""
    random = random_stream(seed, listing.symbol, "hours")
    # Drawn for all sessions, so that an hour's extremes do not depend on where the part begins.
    excess = random.standard_exponential((*path.volume.shape, 2))[part].transpose(2, 0, 1)
    level = path.level[part]
    return _bars(
        listing,
        time=listing.market.hours.hour_times(sessions)[part],
        opens=level[:, :-1],
        closes=level[:, 1:],
        variance=path.variance[part],
        excess=excess,
        volume=path.volume[part],
    )


def common_minutes(name: str, hours: TradingHours, days: IntArray, seed: int) -> Series:
    """What the minutes of a market's instruments share, standard normal, shape (sessions, minutes)."""
    draws = [random_stream(seed, name, "minutes", day).standard_normal(hours.session_minutes) for day in days]
    return np.reshape(draws, (len(days), hours.session_minutes))


def minute_bars(listing: Listing, sessions: Sessions, path: Path, part: IntArray, common: Series, seed: int) -> Bars:
    """Minute bars of the sessions in *part*; the last minute of an hour closes where its path says."""
    hours = listing.market.hours
    begins, lengths = hours.hour_begins, hours.hour_lengths
    normals, excess = _minute_draws(listing.symbol, hours, sessions.day[part], seed)
    own, roughness, interest = normals

    # Each minute's share of its hour's variance, then of its volume: rough minutes trade more.
    share = hours.activity * np.exp(_MINUTE_ROUGHNESS * roughness)
    share /= np.repeat(np.add.reduceat(share, begins, axis=1), lengths, axis=1)
    traded = share**0.8 * np.exp(0.35 * interest)
    traded *= np.repeat(path.volume[part] / np.add.reduceat(traded, begins, axis=1), lengths, axis=1)

    steps = np.repeat(path.common[part], lengths, axis=1) * common + np.repeat(path.own[part], lengths, axis=1) * own
    steps *= np.sqrt(share)
    # A bridge: what the steps of an hour miss of its movement is spread over them by their variance.
    level = path.level[part]
    missing = np.diff(level, axis=1) - np.add.reduceat(steps, begins, axis=1)
    steps += share * np.repeat(missing, lengths, axis=1)
    closes = level[:, :1] + np.cumsum(steps, axis=1)
    # Exactly, because the rounding of a running sum may move a price to the next tick.
    closes[:, begins + lengths - 1] = level[:, 1:]
    return _bars(
        listing,
        time=hours.minute_times(sessions)[part],
        opens=np.concatenate((level[:, :1], closes[:, :-1]), axis=1),
        closes=closes,
        variance=share * np.repeat(path.variance[part], lengths, axis=1),
        excess=excess,
        volume=traded,
    )


def index_bars(members: list[tuple[Listing, Bars]]) -> Bars:
    """Bars of the weighted index of *members*, which trade at the same times; volumes are summed."""
    total = sum(listing.weight for listing, _ in members)
    units = [INDEX_LEVEL * listing.weight / total / listing.price for listing, _ in members]

    def level(column: str) -> Series:
        parts = (unit * getattr(bars, column) for unit, (_, bars) in zip(units, members, strict=True))
        return np.asarray(sum(parts))

    opens, closes = level("open"), level("close")
    above, below = np.maximum(opens, closes), np.minimum(opens, closes)
    return Bars(
        time=members[0][1].time,
        open=np.round(opens, 2),
        high=np.round(above + _INDEX_REACH * (level("high") - above), 2),
        low=np.round(below - _INDEX_REACH * (below - level("low")), 2),
        close=np.round(closes, 2),
        volume=np.sum([bars.volume for _, bars in members], axis=0),
    )


def _minute_draws(symbol: str, hours: TradingHours, days: IntArray, seed: int) -> tuple[Series, Series]:
    """Normals for three purposes and exponentials for two; a session's draws depend on its date alone."""
    normals = np.empty((3, len(days), hours.session_minutes))
    excess = np.empty((2, len(days), hours.session_minutes))
    for row, day in enumerate(days):
        random = random_stream(seed, symbol, "minutes", day)
        normals[:, row] = random.standard_normal((3, hours.session_minutes))
        excess[:, row] = random.standard_exponential((2, hours.session_minutes))
    return normals, excess


def _bars(
    listing: Listing, *, time: IntArray, opens: Series, closes: Series, variance: Series, excess: Series, volume: Series
) -> Bars:
    """
    Bars from logarithms of their first and last prices, in ticks and lots.

    The highest point of a Brownian path from a to b is ``(a + b + sqrt((b - a)**2 + 2 * variance * E)) / 2`` with E
    exponential; the lowest is its mirror image, drawn here with an E of its own.
    """
    up, down = np.sqrt((closes - opens) ** 2 + 2 * variance * excess)
    middle = opens + closes
    open_, close = (_rounded_prices(listing, level) for level in (opens, closes))
    high, low = (_rounded_prices(listing, level / 2) for level in (middle + up, middle - down))
    return Bars(
        time=time.ravel(),
        open=open_,
        high=np.maximum(high, np.maximum(open_, close)),
        low=np.minimum(low, np.minimum(open_, close)),
        close=close,
        volume=_lots(listing, volume),
    )


def _rounded_prices(listing: Listing, level: Series) -> Series:
    ticks = np.maximum(np.rint(np.exp(level.ravel()) * 10.0**listing.price_decimals), 1)
    return ticks / 10.0**listing.price_decimals


def _lots(listing: Listing, volume: Series) -> Series:
    """Whole lots; running totals are rounded, so the minutes of an hour add up to exactly its volume."""
    lots = 10.0**listing.market.volume_decimals
    return np.diff(np.rint(np.cumsum(volume * lots, axis=1)), axis=1, prepend=0.0).ravel() / lots
