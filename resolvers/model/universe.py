"""The instruments that can be compared, and how much each of them is traded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from resolvers.model.instrument import AssetClass, Instrument


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

    instrument: Instrument
    liquidity: Liquidity | None = None

    @property
    def asset_class(self) -> AssetClass:
        """What kind of thing it is."""
        return self.instrument.spec.asset_class

    @property
    def currency(self) -> str:
        """What it is quoted in."""
        return self.instrument.spec.currency


@dataclass(frozen=True, slots=True)
class Universe:
    """
    All instruments that are traded.

    Attributes:
        members: By the id of the instrument.
        ids: By each name, as it is stored.
    """

    members: Mapping[int, Member]
    ids: Mapping[str, int] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Makes them found by their names."""
        found = {name: number for number, one in self.members.items() for name in one.instrument.spec.aliases}
        found |= {one.instrument.symbol: number for number, one in self.members.items()}
        object.__setattr__(self, "ids", found)


NOTHING = Universe({})
