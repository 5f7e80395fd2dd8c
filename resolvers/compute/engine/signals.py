"""From votes and measures to signals, for many series at once."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from resolvers.compute.agents.panel import Panel
from resolvers.compute.calibration import Calibration, Confidence
from resolvers.compute.consensus import Consensus, consensus
from resolvers.compute.engine.hashes import digests, input_hashes
from resolvers.compute.engine.levels import Levels, levels
from resolvers.compute.engine.subject import Seen
from resolvers.compute.engine.validity import valid_until
from resolvers.compute.engine.version import engine_version
from resolvers.compute.outcomes import months_of
from resolvers.model.bars import Series
from resolvers.model.computed_signals import ComputedSignals, producer_of
from resolvers.model.measures import Measures

_ATR = Measures._fields.index("atr")


class Judge:
    """
    Makes signals of what agents say; one for a panel, a horizon in bars and the fits of an interval.

    Args:
        calibration: What is known of earlier scores of the interval.
    """

    def __init__(self, panel: Panel, horizon: int, calibration: Calibration) -> None:
        self.version = engine_version(panel, horizon)
        self._families = [agent.family for agent in panel.agents]
        self._horizon = horizon
        self._calibration = calibration
        self._fits: dict[int, bytes] = {}
        self._known: dict[int, bytes] = {}

    def signals(self, many: Sequence[Seen], *, news_from: float = float("-inf")) -> list[ComputedSignals]:
        """
        The signals of each series, one for each bar that is wanted.

        None depends on what else is judged with it, nor on a later bar.

        Args:
            news_from: The signal of the newest bar of a series is news, unless it holds no longer at this moment (unix
                seconds).
        """
        if not many:
            return []
        bars = [one.subject.wanted for one in many]
        votes = np.concatenate([one.votes for one in many], axis=1)
        time = np.concatenate([one.time for one in bars])
        close = np.concatenate([one.close for one in bars])
        atr = np.concatenate([one.measures[_ATR] for one in many])
        together = consensus(votes, self._families, time)
        confidence = self._calibration.confidence(together.score, time)
        fit = self._fit_names(confidence)
        where = levels(together.direction, close, atr)
        edges = np.cumsum([0, *(len(one) for one in bars)]).tolist()
        return [
            self._of_one(one, slice(*edges[place : place + 2]), together, confidence, fit, where, news_from)
            for place, one in enumerate(many)
        ]

    def known_before(self, time: int) -> bytes:
        """A hash of all fits that signals on bars up to this time (unix seconds) may rest on."""
        month = int(months_of(np.array([time], np.int64))[0])
        if month not in self._known:
            first = self._calibration.first_month
            months = range(month if first is None else min(first, month), month + 1)
            self._known[month] = sha256(b" ".join(map(self._fit_name, months))).digest()
        return self._known[month]

    def _fit_names(self, confidence: Confidence) -> npt.NDArray[np.bytes_]:
        """The name of the fit of each confidence, empty where there is none."""
        months, of_bar = np.unique(confidence.month, return_inverse=True)
        names = np.array([self._fit_name(month) for month in months.tolist()], "S64")
        return np.where(np.isnan(confidence.value), np.bytes_(b""), names[of_bar])

    def _fit_name(self, month: int) -> bytes:
        # Threads that ask for it at once compute the same twice, which harms nobody.
        if month not in self._fits:
            self._fits[month] = self._calibration.fit_id(month).encode()
        return self._fits[month]

    def _of_one(
        self,
        seen: Seen,
        part: slice,
        together: Consensus,
        confidence: Confidence,
        fit: npt.NDArray[np.bytes_],
        where: Levels,
        news_from: float,
    ) -> ComputedSignals:
        subject, bars = seen.subject, seen.subject.wanted
        has_fit = fit[part] != b""
        holds_until = valid_until(
            subject.interval, bars.time, self._horizon, subject.calendar, trades_daily=subject.trades_daily
        )
        is_news = np.zeros(len(bars), np.bool_)
        is_news[-1:] = holds_until[-1:] > news_from
        said: dict[str, Series] = {
            "score": together.score[part],
            "agreement": together.agreement[part],
            "confidence": confidence.value[part],
            "base_rate": np.where(has_fit, confidence.base_rate[part], np.nan),
            "price": bars.close,
            "entry": where.entry[part],
            "stop": where.stop[part],
            "target": where.target[part],
        }
        cases = np.where(has_fit, confidence.cases[part], 0)
        producer = producer_of(self.version)
        bar = (bars.open, bars.high, bars.low, bars.volume)
        return ComputedSignals(
            instrument_id=subject.instrument_id,
            symbol=subject.symbol,
            interval=subject.interval,
            producer=producer,
            horizon_bars=self._horizon,
            time=bars.time,
            direction=together.direction[part],
            strength=together.strength[part],
            cases=cases,
            fit=fit[part],
            valid_until=holds_until,
            votes=seen.votes,
            measures=seen.measures,
            input_hash=input_hashes(
                np.stack((*said.values(), *bar, *seen.measures)),
                np.stack((bars.time, cases, holds_until)),
                seen.votes,
                fit[part],
            ),
            digest=digests(producer, subject.symbol, subject.interval, bars.time),
            is_news=is_news,
            **said,
        )
