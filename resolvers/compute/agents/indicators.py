"""What agents look at: the bars of one series, and what was computed from them, once for all agents."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from resolvers.compute.agents.universe import Member
from resolvers.model.bars import Bars, Series

_P = ParamSpec("_P")
_T = TypeVar("_T")

TIE = 1e-10
"""Prices that differ by less than this share of themselves are equal: what is left is rounding."""


class Indicators:
    """
    The bars of a series and its indicators, each computed when the first agent asks for it.

    ``of(ema, 50)`` is ``ema(of, 50)``, computed once and read-only: an indicator is any function whose first argument
    is this object. It lives for one pass over one series, in one thread.

    Args:
        bars: From the first stored bar on, because some indicators depend on all that came before.
        member: The instrument among its universe, where that is known.
    """

    def __init__(self, bars: Bars, member: Member | None = None) -> None:
        self.bars = bars
        self.member = member
        self._kept: dict[Any, Any] = {}

    def __call__(
        self, indicator: Callable[Concatenate["Indicators", _P], _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """What *indicator* says of these bars with these arguments."""
        key = (indicator, args, *kwargs.items())
        if key not in self._kept:
            self._kept[key] = _read_only(indicator(self, *args, **kwargs))
        found: _T = self._kept[key]
        return found

    @cached_property
    def tie(self) -> Series:
        """The difference up to which two prices are equal, shape ``(n,)``."""
        return _read_only(TIE * self.bars.close)

    @cached_property
    def traded(self) -> Series:
        """Units traded, shape ``(n,)``: 0 where nobody said, because one NaN spoils a recursive average for good."""
        return _read_only(np.nan_to_num(self.bars.volume, nan=0.0))


def _read_only(value: _T) -> _T:
    for column in value if isinstance(value, tuple) else (value,):
        if isinstance(column, np.ndarray):
            column.setflags(write=False)
    return value
