"""How often a score like this one was right, by what was known when its month began."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from resolvers.compute.consensus import HOLD_BELOW
from resolvers.compute.monthly_counts import MonthlyCounts
from resolvers.compute.outcomes import month_name, months_of, outcomes
from resolvers.model.bars import Bars, IntArray, Series

EDGES = (HOLD_BELOW, 0.2, 0.3, 0.4)
"""A score is like another that lies between the same two of these, on the same side of zero."""
FEWEST_CASES = 250
"""With fewer cases there is no confidence: they overlap, and say less than their number."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ScoreRecord:
    """
    What became of scores, as it came to be known month by month; records of several series are added up.

    Attributes:
        horizon: Bars from a score to what became of it.
        market: Bars, rises and falls, shape ``(months, 3)``.
        scores: Cases and right ones, falls first and then rises, each from the weakest to the strongest, shape
            ``(months, 2, 8)``.
    """

    horizon: int
    market: MonthlyCounts
    scores: MonthlyCounts

    @classmethod
    def of(cls, score: Series, bars: Bars, horizon: int) -> "ScoreRecord":
        """The record of one series, whose scores have the shape ``(n,)``."""
        became = outcomes(bars.close, horizon)
        months = months_of(bars.time[horizon:])
        place = _places(score[: len(became)])
        cases = place == np.arange(2 * len(EDGES))[:, np.newaxis]
        right = cases & (np.sign(score[: len(became)]) == became)
        market = np.stack((np.ones(len(became), bool), became > 0, became < 0))
        return cls(
            horizon=horizon,
            market=MonthlyCounts.of(months, market),
            scores=MonthlyCounts.of(months, np.stack((cases, right))),
        )

    def __add__(self, other: "ScoreRecord") -> "ScoreRecord":
        """
        The record of both.

        Raises:
            ValueError: If they are of different horizons.
        """
        if self.horizon != other.horizon:
            raise ValueError(f"records must be of one horizon, were of {self.horizon} and {other.horizon} bars")
        return ScoreRecord(horizon=self.horizon, market=self.market + other.market, scores=self.scores + other.scores)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Confidence:
    """
    How far scores can be believed, one value for each bar.

    Attributes:
        value: The share of such scores that were right, 0 to 1; NaN for a score that says to hold, and with too few
            cases.
        base_rate: The share of all bars after which the price went to the side of the score; NaN where nothing is
            known, and for a score that says to hold.
        cases: Scores like it whose outcome was known.
        month: When the fit was made: at the beginning of this month, counted from January 1970.
    """

    value: Series
    base_rate: Series
    cases: IntArray
    month: IntArray


class Calibration:
    """
    The fits of a record, one at the end of each month: each knows the outcomes that were known then, and no later one.

    Args:
        record: Of all instruments whose outcomes may be known.
    """

    def __init__(self, record: ScoreRecord) -> None:
        self._record = record

    def confidence(self, score: Series, time: IntArray) -> Confidence:
        """The confidence of each score on bars of these times, by the fit that was the last one then."""
        month = months_of(time)
        fits, of_bar = np.unique(month, return_inverse=True)
        place = _places(score)
        known = self._record.scores.before(fits)[of_bar, :, place]
        cases, right = np.where(place < 0, 0, known.T)
        bars, rises, falls = self._record.market.before(fits)[of_bar].T
        side = np.where(score > 0, rises, falls).astype(np.float64)
        return Confidence(
            value=np.divide(right, cases, out=np.full(len(score), np.nan), where=cases >= FEWEST_CASES),
            base_rate=np.divide(side, bars, out=np.full(len(score), np.nan), where=(bars > 0) & (place >= 0)),
            cases=cases,
            month=month,
        )

    @property
    def first_month(self) -> int | None:
        """The first month in which something came to be known, from January 1970; None where nothing is."""
        market = self._record.market
        return market.first if len(market.counts) else None

    def fit_id(self, month: int) -> str:
        """The name of the fit of a month: its beginning, the horizon, and a hash of all that it counted."""
        months = np.array([month])
        counted = self._record.market.before(months).tobytes() + self._record.scores.before(months).tobytes()
        return f"{month_name(month)}-{self._record.horizon}-{sha256(counted).hexdigest()[:12]}"


def _places(score: Series) -> IntArray:
    """Which scores each one is like, from 0 on; -1 for one that says to hold."""
    strength = np.digitize(np.abs(score), EDGES) - 1
    return np.where(strength < 0, -1, strength + len(EDGES) * (score > 0))
