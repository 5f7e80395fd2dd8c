"""What was traded, and at which prices."""

import numpy as np
import talib

from resolvers.compute.arguments import period, whole
from resolvers.compute.indicator import Anchor, Arguments, Indicator, Output
from resolvers.compute.prices import typical_price
from resolvers.compute.windows import padded, window_sums
from resolvers.model.bars import Bars, IntArray, Series


def session_sums(columns: Series, session_days: IntArray) -> Series:
    """
    Running sums of each row of *columns* that restart at each change of *session_days*.

    One running sum less its value at the start of the session would lose a thin morning
    behind the busy days before it. Doubling steps add up each session by itself; a NaN
    spoils the rest of its session.

    Args:
        columns: Shape ``(k, n)``.
        session_days: Shape ``(n,)``.

    Returns:
        Shape ``(k, n)``.
    """
    index = np.arange(len(session_days))
    changes = np.flatnonzero(session_days[1:] != session_days[:-1]) + 1
    starts = np.zeros_like(index)
    starts[changes] = changes
    place = index - np.maximum.accumulate(starts)
    totals, step, longest = columns.copy(), 1, place.max(initial=0)
    while step <= longest:
        totals[:, step:] += np.where(place[step:] >= step, totals[:, :-step], 0.0)
        step *= 2
    return totals


def _vwap(bars: Bars, session_days: IntArray, _: Arguments) -> tuple[Series, ...]:
    columns = np.array([typical_price(bars) * bars.volume, bars.volume])
    spent, traded = session_sums(columns, session_days)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (spent / traded,)


def _mfi(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length, price = whole(arguments, "period"), typical_price(bars)
    change, flow = np.diff(price), (price * bars.volume)[1:]
    gained = window_sums(np.where(change > 0, flow, 0.0), length)
    lost = window_sums(np.where(change < 0, flow, 0.0), length)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (padded(100 * gained / (gained + lost), len(bars)),)


def _cmf(bars: Bars, _: IntArray, arguments: Arguments) -> tuple[Series, ...]:
    length, span = whole(arguments, "period"), bars.high - bars.low
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.where(span > 0, ((bars.close - bars.low) - (bars.high - bars.close)) / span, 0.0)
        return (window_sums(place * bars.volume, length) / window_sums(bars.volume, length),)


def _obv(bars: Bars, _: IntArray, __: Arguments) -> tuple[Series, ...]:
    return (talib.OBV(bars.close, bars.volume),)


def _accumulation_distribution(bars: Bars, _: IntArray, __: Arguments) -> tuple[Series, ...]:
    return (talib.AD(bars.high, bars.low, bars.close, bars.volume),)


VWAP = Indicator(
    name="vwap",
    title="Volume-weighted average price",
    description="Mean typical price of the session so far, weighted by volume, in the instrument's currency; it "
    "restarts with each session. Null until something was traded, and from a missing volume to the session's end.",
    parameters=(),
    outputs=(Output(name="value", description="In the instrument's currency."),),
    anchor=Anchor.SESSION,
    source="Sum of typical price times volume / sum of volume, over the session",
    needs_volume=True,
    warmup=lambda _: 0,
    compute=_vwap,
)

MFI = Indicator(
    name="mfi",
    title="Money flow index",
    description="Share of the turnover on bars whose typical price rose, 0 to 100. Null where the window has no such "
    "turnover either way, or lacks a volume.",
    parameters=(period(14, minimum=1),),
    outputs=(Output(name="value", description="0 when all turnover was on falls, 100 when all was on rises."),),
    anchor=Anchor.WINDOW,
    source="Quong and Soudack 1989; the values of TA-Lib MFI",
    needs_volume=True,
    warmup=lambda arguments: whole(arguments, "period"),
    compute=_mfi,
)

OBV = Indicator(
    name="obv",
    title="On-balance volume",
    description="Volume of rising closes less that of falling ones, since the start of the series. Only its changes "
    "mean something. Null before the first known volume and from a missing one on.",
    parameters=(),
    outputs=(Output(name="value", description="In units traded."),),
    anchor=Anchor.SERIES,
    source="TA-Lib OBV (Granville 1963)",
    needs_volume=True,
    warmup=lambda _: 0,
    compute=_obv,
)

CMF = Indicator(
    name="cmf",
    title="Chaikin money flow",
    description="Volume weighted by where the close lies between low and high, as a share of all volume, -1 to 1. "
    "Null where nothing was traded or a volume is missing.",
    parameters=(period(20, minimum=1),),
    outputs=(Output(name="value", description="-1 when all closed at their lows, 1 when all did at their highs."),),
    anchor=Anchor.WINDOW,
    source="Chaikin; the values of TA-Lib CMF",
    needs_volume=True,
    warmup=lambda arguments: whole(arguments, "period") - 1,
    compute=_cmf,
)

ACCUMULATION_DISTRIBUTION = Indicator(
    name="accumulationDistribution",
    title="Accumulation/distribution line",
    description="Running sum of volume weighted by where the close lies between low and high, since the start of the "
    "series. Only its changes mean something. Null before the first known volume and from a missing one on.",
    parameters=(),
    outputs=(Output(name="value", description="In units traded."),),
    anchor=Anchor.SERIES,
    source="TA-Lib AD (Chaikin)",
    needs_volume=True,
    warmup=lambda _: 0,
    compute=_accumulation_distribution,
)

VOLUME = (VWAP, MFI, OBV, CMF, ACCUMULATION_DISTRIBUTION)
