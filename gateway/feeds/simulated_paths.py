"""The hour-by-hour course of simulated prices: regimes, clustered volatility, fat tails, gaps."""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from gateway.feeds.simulated_listings import Listing, Market
from gateway.feeds.trading_hours import Sessions
from resolvers.model.bars import Series

# The hidden states of a market: calm and rising, calm and sideways, stressed and falling.
_REGIME_DRIFT = np.array([1.1, 0.0, -2.0])  # a year's drift, in years' volatilities
_REGIME_VOLATILITY = np.array([0.65, 0.85, 1.7])
_REGIME_SHARE = (0.48, 0.38, 0.14)
_NEXT_REGIME = ((0.982, 0.014, 0.004), (0.018, 0.970, 0.012), (0.020, 0.040, 0.940))  # per session

_TAIL_DEGREES = 8.0  # of Student's t
_HALF_LIFE_YEARS = 2.5  # of a price's distance from its listed level
_CLUSTER_SESSIONS = 9.0  # half-life of a burst of volatility
_CLUSTER_SPREAD = 0.34  # standard deviation of log volatility
_USUAL_PAUSE = 17.5 * 3600  # a night between two sessions of an exchange


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Climate:
    """
    What all instruments of a market go through; a step is a session's gap or one of its hours.

    Attributes:
        share: Each step's standard deviation as a fraction of a usual day's, shape (sessions, 1 + hours).
        turbulence: Volatility of each session's regime over the usual one's, shape (sessions, 1).
        drift: Of each session, in days' volatilities, shape (sessions, 1).
        scale: Standard deviation of the common movement of a step, in usual days' ones.
        movement: The common movement itself.
    """

    share: Series
    turbulence: Series
    drift: Series
    scale: Series
    movement: Series


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Path:
    """
    An instrument's hours before they are bars; sessions are rows.

    Attributes:
        level: Logarithms of the session's first price and of the price at the end of each hour.
        common: Standard deviation that each hour's movement shares with its market, signed as the coupling.
        own: Standard deviation of the rest.
        volume: Units traded in each hour, a whole number of lots.
    """

    level: Series
    common: Series
    own: Series
    volume: Series

    @property
    def variance(self) -> Series:
        """Of each hour's movement, given how turbulent that hour was."""
        return self.common**2 + self.own**2


def random_stream(seed: int, *words: str | int) -> np.random.Generator:
    """
    The random numbers that belong to *words*, such as a symbol and a purpose.

    Each user has a stream of its own, so another instrument or another draw changes nobody else's numbers.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *" ".join(map(str, words)).encode()])))


def market_climate(market: Market, sessions: Sessions, seed: int) -> Climate:
    """The common course of a market over *sessions*."""
    name = market.asset_class.value
    regimes = _regimes(random_stream(seed, name, "regimes"), len(sessions))
    hour_share = np.add.reduceat(market.hours.activity, market.hours.hour_begins)
    # A weekend moves prices more than a night, though far less than in proportion to its length.
    gap_share = market.gap**2 * (sessions.closed_seconds / _USUAL_PAUSE) ** 0.4
    share = np.sqrt(np.column_stack((gap_share, np.broadcast_to(hour_share, (len(sessions), len(hour_share))))))
    turbulence = _REGIME_VOLATILITY[regimes][:, None]
    scale = share * turbulence * _bursts(seed, name, share.shape)
    return Climate(
        share=share,
        turbulence=turbulence,
        drift=_REGIME_DRIFT[regimes][:, None] / np.sqrt(_sessions_a_year(market)),
        scale=scale,
        movement=scale * random_stream(seed, name, "movement").standard_normal(share.shape),
    )


def price_path(listing: Listing, climate: Climate, seed: int) -> Path:
    """The course of one instrument through the *climate* of its market."""
    sessions_a_year = _sessions_a_year(listing.market)
    daily = listing.volatility / np.sqrt(sessions_a_year)
    common_part, own_part = daily * listing.coupling, daily * np.sqrt(1 - listing.coupling**2)
    sessions, hours = climate.share[:, 1:].shape
    chance = random_stream(seed, listing.symbol, "movement").standard_normal((sessions, 1 + hours))
    own = own_part * climate.share * climate.turbulence * _bursts(seed, listing.symbol, chance.shape)
    steps = common_part * (climate.movement + climate.drift * climate.share**2) + own * chance
    decay = 0.5 ** (1 / (_HALF_LIFE_YEARS * sessions_a_year * hours))
    level = np.log(listing.price) + _deviation(steps, decay)
    common, own = common_part * climate.scale[:, 1:], own[:, 1:]
    # Trading grows with the turbulence of the hour, which is also what its movement is drawn from.
    turnover = climate.share[:, 1:] * np.sqrt(common**2 + own**2) / daily
    interest = _interest(seed, listing.symbol, turnover.shape)
    volume = np.round(listing.daily_volume * turnover * interest, listing.market.volume_decimals)
    return Path(level=level, common=common, own=own, volume=volume)


def decaying_sum(steps: Series, decay: float) -> Series:
    """
    Sums of all steps up to each, the step *k* before it counted ``decay**k`` times: y[t] = x[t] + decay * y[t-1].

    Doubling the reach in every pass makes this a dozen array operations instead of a loop over time.
    """
    total = steps.copy()
    reach = 1
    while reach < len(total) and decay**reach > 1e-12:
        total[reach:] += decay**reach * total[:-reach]
        reach *= 2
    return total


def _deviation(steps: Series, decay: float) -> Series:
    """Logarithmic distance from the listed level at the open of each session and at the end of each hour."""
    # Prices are pulled back while the market trades, never over a pause: where there is no gap, nothing jumps.
    gaps, moves = steps[:, :1], steps[:, 1:].copy()
    moves[:, :1] += gaps
    closes = decaying_sum(moves.ravel(), decay).reshape(moves.shape)
    opens = np.concatenate(([0.0], closes[:-1, -1]))[:, None] + gaps
    return np.concatenate((opens, closes), axis=1)


def _sessions_a_year(market: Market) -> int:
    return 365 if market.hours.weekdays == 7 else 252


def _regimes(random: np.random.Generator, count: int) -> list[int]:
    chances = [list(accumulate(row))[:-1] for row in _NEXT_REGIME]
    first, *rest = random.random(count).tolist()
    states = [bisect(list(accumulate(_REGIME_SHARE))[:-1], first)]
    for chance in rest:
        states.append(bisect(chances[states[-1]], chance))
    return states


def _bursts(seed: int, name: str, shape: tuple[int, ...]) -> Series:
    """Volatility over the usual one: its logarithm is autoregressive, and a chi-square makes the tails Student's."""
    decay = 0.5 ** (1 / (_CLUSTER_SESSIONS * shape[1]))
    news = random_stream(seed, name, "volatility").standard_normal(shape)
    log_volatility = decaying_sum(news.ravel(), decay).reshape(shape) * (_CLUSTER_SPREAD * np.sqrt(1 - decay**2))
    tails = (_TAIL_DEGREES - 2) / random_stream(seed, name, "tails").chisquare(_TAIL_DEGREES, shape)
    return np.asarray(np.exp(log_volatility - _CLUSTER_SPREAD**2) * np.sqrt(tails))


def _interest(seed: int, symbol: str, shape: tuple[int, ...]) -> Series:
    """How much is traded, over what volatility alone explains: slow fashion times hourly chance."""
    slow, fast = random_stream(seed, symbol, "interest").standard_normal((*shape, 2)).transpose(2, 0, 1)
    decay = 0.5 ** (1 / (5.0 * shape[1]))
    fashion = decaying_sum(slow.ravel(), decay).reshape(shape) * np.sqrt(1 - decay**2)
    return np.asarray(np.exp(0.35 * fashion + 0.25 * fast))
