"""An instrument and where its prices come from."""

from dataclasses import dataclass
from enum import StrEnum

from resolvers.model.session import UTC_DAYS, SessionCalendar


class AssetClass(StrEnum):
    """What kind of thing is traded."""

    EQUITY = "EQUITY"
    ETF = "ETF"
    INDEX = "INDEX"
    FX = "FX"
    CRYPTO = "CRYPTO"
    COMMODITY = "COMMODITY"


class Source(StrEnum):
    """Where prices come from; one series has one source for good."""

    FILE = "FILE"
    FEED = "FEED"
    PUBLISHED = "PUBLISHED"
    SIMULATED = "SIMULATED"


@dataclass(frozen=True, kw_only=True, slots=True)
class InstrumentSpec:
    """
    What defines an instrument, before it has an id.

    Attributes:
        symbol: Unique, upper case.
        aliases: Other spellings under which it is found, such as ``BRK-B`` for ``BRK.B``.
        currency: What prices are quoted in, ISO 4217 or a crypto asset's ticker.
        sessions: When its day begins.
        tick_size: Smallest price step in *currency*, if known.
        is_simulated: True only for the fictitious instruments of the simulated market.
    """

    symbol: str
    asset_class: AssetClass = AssetClass.EQUITY
    currency: str = "USD"
    sessions: SessionCalendar = UTC_DAYS
    name: str | None = None
    exchange: str | None = None
    aliases: tuple[str, ...] = ()
    tick_size: float | None = None
    is_active: bool = True
    is_simulated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """A stored instrument."""

    id: int
    spec: InstrumentSpec

    @property
    def symbol(self) -> str:
        """Its unique symbol."""
        return self.spec.symbol


def usual_aliases(symbol: str) -> tuple[str, ...]:
    """
    Other spellings of *symbol* that vendors use: ``BRK.B`` and ``BRK-B``, ``BTC/USDT``, ``BTC-USDT`` and ``BTCUSDT``.
    """
    if symbol.count("/") == 1:
        return symbol.replace("/", ""), symbol.replace("/", "-")
    head, dot, tail = symbol.partition(".")
    if dot and len(tail) <= 2 and tail.isalpha():
        return (f"{head}-{tail}",)
    head, dash, tail = symbol.partition("-")
    if dash and len(tail) <= 2 and tail.isalpha():
        return (f"{head}.{tail}",)
    return ()
