"""The fictitious instruments."""

from resolvers.model.instrument import AssetClass
from tests.gateway.feeds.market_sample import Market, of_class

KINDS = (AssetClass.EQUITY, AssetClass.FX, AssetClass.CRYPTO, AssetClass.INDEX)
ISO_4217 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON "
    "RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD UYU UZS VED VES VND VUV WST XAF XAG XAU XCD XOF XPD XPF XPT YER ZAR ZMW ZWG ZWL"
)


def test_the_listings(market: Market) -> None:
    """24 instruments, all of them simulated by flag, name and exchange."""
    specs = [one.instrument for one in market.values()]
    names = [name for spec in specs for name in (spec.symbol, *spec.aliases)]
    assert [len(of_class(market, kind)) for kind in KINDS] == [14, 5, 4, 1]
    assert len(set(names)) == len(names)
    assert all(spec.is_simulated and spec.exchange == "SIM" and "(simulated)" in (spec.name or "") for spec in specs)
    assert "NOVA" in market


def test_no_currency_is_a_real_one(market: Market) -> None:
    """Neither side of a pair, no coin's ticker and no other symbol is an ISO 4217 code."""
    codes = set(market) | {symbol.removesuffix("USD") for symbol in market}
    for one in of_class(market, AssetClass.FX):
        base, quote = one.instrument.aliases[0].split("/")
        assert (one.instrument.symbol, one.instrument.currency) == (base + quote, quote)
        codes |= {base, quote}
    assert not codes & set(ISO_4217.split())
