"""The fictitious instruments: what the simulated market lists."""

from dataclasses import dataclass

from gateway.feeds.trading_hours import CURRENCY_MARKET, NEW_YORK_EXCHANGE, ROUND_THE_CLOCK, TradingHours
from resolvers.model.instrument import AssetClass, InstrumentSpec

EXCHANGE = "SIM"


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """
    What the instruments of one asset class share.

    Attributes:
        gap: Standard deviation of the jump over a closed night, as a share of a whole day's.
        volume_decimals: Decimal places of a traded quantity.
        decimals: Decimal places of a price, unless a listing says otherwise.
    """

    asset_class: AssetClass
    hours: TradingHours
    gap: float
    volume_decimals: int
    decimals: int


EQUITIES = Market(asset_class=AssetClass.EQUITY, hours=NEW_YORK_EXCHANGE, gap=0.5, volume_decimals=0, decimals=2)
CURRENCIES = Market(asset_class=AssetClass.FX, hours=CURRENCY_MARKET, gap=0.35, volume_decimals=0, decimals=5)
CRYPTO = Market(asset_class=AssetClass.CRYPTO, hours=ROUND_THE_CLOCK, gap=0.0, volume_decimals=3, decimals=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """
    One fictitious instrument and its character.

    Attributes:
        price: The level it wanders around, in *currency*.
        volatility: Standard deviation of a usual year's return, as a fraction.
        coupling: Correlation with the common movement of its market, -1 to 1.
        daily_volume: Units traded on a usual day.
        spread: Typical bid/ask spread as a fraction of the price.
        weight: Share in the index, relative to the other members; 0 if it is no member.
        decimals: Decimal places of its price, where they are not its market's.
    """

    symbol: str
    name: str
    market: Market
    price: float
    volatility: float
    coupling: float
    daily_volume: float
    spread: float
    weight: float = 0.0
    currency: str = "USD"
    decimals: int | None = None
    aliases: tuple[str, ...] = ()

    @property
    def price_decimals(self) -> int:
        """Decimal places of its price."""
        return self.market.decimals if self.decimals is None else self.decimals

    @property
    def spec(self) -> InstrumentSpec:
        """The instrument as it is stored, marked as simulated."""
        return InstrumentSpec(
            symbol=self.symbol,
            asset_class=self.market.asset_class,
            currency=self.currency,
            sessions=self.market.hours.calendar,
            name=f"{self.name} (simulated)",
            exchange=EXCHANGE,
            aliases=self.aliases,
            tick_size=float(f"1e-{self.price_decimals}"),
            is_simulated=True,
        )


def _equity(
    symbol: str, name: str, price: float, volatility: float, coupling: float, millions: float, weight: float
) -> Listing:
    return Listing(
        symbol=symbol,
        name=name,
        market=EQUITIES,
        price=price,
        volatility=volatility,
        coupling=coupling,
        daily_volume=millions * 1e6,
        spread=0.0002 if millions > 5 else 0.0006,
        weight=weight,
    )


def _pair(base: str, quote: str, price: float, volatility: float, coupling: float, decimals: int = 5) -> Listing:
    return Listing(
        symbol=base + quote,
        name=f"{base} in {quote}",
        market=CURRENCIES,
        price=price,
        volatility=volatility,
        coupling=coupling,
        daily_volume=4e8,
        spread=0.00008,
        currency=quote,
        decimals=decimals,
        aliases=(f"{base}/{quote}",),
    )


def _coin(
    ticker: str, name: str, price: float, volatility: float, coupling: float, volume: float, decimals: int
) -> Listing:
    return Listing(
        symbol=f"{ticker}USD",
        name=f"{name} in US dollars",
        market=CRYPTO,
        price=price,
        volatility=volatility,
        coupling=coupling,
        daily_volume=volume,
        spread=0.0005,
        decimals=decimals,
        aliases=(f"{ticker}/USD",),
    )


LISTINGS = (
    _equity("NOVA", "Nova Instruments", 182.0, 0.30, 0.70, 18.0, 14),
    _equity("VYRNO", "Vyrno Freight Lines", 64.0, 0.24, 0.65, 4.2, 5),
    _equity("ZELQA", "Zelqa Software", 318.0, 0.36, 0.70, 9.5, 13),
    _equity("QORBI", "Qorbi Orbital Works", 41.0, 0.48, 0.55, 12.0, 4),
    _equity("HYXEL", "Hyxel Semiconductors", 128.0, 0.42, 0.72, 26.0, 12),
    _equity("DROVU", "Drovu Foods", 57.0, 0.17, 0.45, 3.8, 6),
    _equity("KELVU", "Kelvu Power & Light", 73.0, 0.16, 0.40, 2.9, 6),
    _equity("MIZQO", "Mizqo Games", 22.5, 0.52, 0.50, 15.0, 2),
    _equity("PLYRU", "Plyru Health", 96.0, 0.22, 0.50, 5.1, 8),
    _equity("JURVI", "Jurvi Mutual Bank", 48.0, 0.27, 0.68, 11.0, 9),
    _equity("OZMEK", "Ozmek Mining", 34.0, 0.38, 0.48, 7.4, 4),
    _equity("GRYFO", "Gryfo Insurance", 151.0, 0.21, 0.60, 2.2, 7),
    _equity("UQIRA", "Uqira Pharma", 11.8, 0.60, 0.35, 6.3, 2),
    _equity("TWYLM", "Twylm Retail", 87.0, 0.28, 0.62, 6.9, 8),
    # The pairs make a tree, so no triangle of them can contradict itself.
    _pair("ZED", "QUA", 1.0840, 0.075, 0.70),
    _pair("ZED", "VYR", 142.60, 0.095, 0.55, decimals=3),
    _pair("OXU", "ZED", 0.6720, 0.100, -0.60),
    _pair("JEL", "ZED", 1.2710, 0.085, -0.65),
    _pair("ZED", "WUN", 18.450, 0.130, 0.45, decimals=4),
    _coin("QUBZ", "Qubz", 42_600.0, 0.55, 0.85, 26_000.0, 2),
    _coin("VORTL", "Vortl", 2_350.0, 0.68, 0.85, 310_000.0, 2),
    _coin("MYZEL", "Myzel", 96.0, 0.85, 0.75, 4_200_000.0, 3),
    _coin("DRAXI", "Draxi", 0.52, 0.95, 0.65, 480_000_000.0, 5),
)

INDEX = InstrumentSpec(
    symbol="SIMDEX",
    asset_class=AssetClass.INDEX,
    sessions=NEW_YORK_EXCHANGE.calendar,
    name="Composite of all simulated equities (simulated)",
    exchange=EXCHANGE,
    tick_size=0.01,
    is_simulated=True,
)
INDEX_LEVEL = 1_000.0  # where it stands when every member is at its listed price
INDEX_SPREAD = 0.0001

SYMBOLS = (*(listing.symbol for listing in LISTINGS), INDEX.symbol)
