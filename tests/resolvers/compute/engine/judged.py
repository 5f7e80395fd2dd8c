"""A whole market as the engine sees it, in a few lines."""

import numpy as np

from resolvers.compute.agents.panel import PANEL
from resolvers.compute.agents.universe import Universe
from resolvers.compute.calibration import Calibration
from resolvers.compute.engine.fits import Records, counted, totalled
from resolvers.compute.engine.signals import Judge
from resolvers.compute.engine.subject import Subject, seen
from resolvers.model.computed_signals import ComputedSignals
from resolvers.model.interval import Interval
from resolvers.model.session import SessionCalendar
from tests.resolvers.compute.agents.market import Market

HORIZON = 5
NEW_YORK = SessionCalendar(timezone="America/New_York")


def subjects(market: Market, *, first: int = 0) -> dict[str, Subject]:
    """Days of each instrument among the others."""
    universe = Universe.of(market)
    return {
        symbol: Subject(
            instrument_id=number,
            symbol=symbol,
            interval=Interval.D1,
            calendar=NEW_YORK,
            trades_daily=False,
            bars=bars,
            member=universe.member(symbol),
            first=first,
        )
        for number, (symbol, bars) in enumerate(market.items(), 1)
    }


def newest_month(market: Market) -> int:
    """The month of the newest bar, from January 1970."""
    newest = max(int(bars.time[-1]) for bars in market.values() if len(bars))
    return int(np.datetime64(newest, "s").astype("datetime64[M]").astype(np.int64))


def records(market: Market) -> Records:
    """What was known when the month of the newest bar began."""
    month = newest_month(market)
    return totalled(
        Records.none(PANEL, HORIZON, month),
        [counted(PANEL, one, HORIZON, since=None, month=month) for one in subjects(market).values()],
    )


def judge(market: Market) -> Judge:
    """Who knows what was known then."""
    return Judge(PANEL, HORIZON, Calibration(records(market).scores))


def judged(market: Market) -> dict[str, ComputedSignals]:
    """All signals of a market."""
    found = judge(market).signals([seen(PANEL, one) for one in subjects(market).values()])
    return {one.symbol: one for one in found}
