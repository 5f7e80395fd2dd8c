"""The instruments that can be compared, and how much each of them is traded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from resolvers.model.instrument import AssetClass


@dataclass(frozen=True, kw_only=True, slots=True)
class Liquidity:
    """
    How much an instrument is traded, among its peers: those of the same currency that are as real as it.

    Attributes:
        turnover: Median of close times volume over its last days, in its currency.
        days: How many those are.
        rank: The share of its peers with less, each equal one counted as half; from 0 to 1, and 0.5 without peers.
        peers: How many others there are.
    """

    turnover: float
    days: int
    rank: float
    peers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """
    An instrument that is traded.

    Attributes:
        liquidity: None where no volume of a day is stored.
    """

    asset_class: AssetClass
    currency: str
    liquidity: Liquidity | None = None


Universe: TypeAlias = Mapping[int, Member]
"""All instruments that are traded, by id."""
