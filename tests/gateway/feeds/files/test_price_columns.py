"""Headers as vendors write them."""

import pytest

from gateway.feeds.files.price_columns import price_columns
from resolvers.errors import BadInput
from resolvers.model.interval import Interval

VENDORS = {
    "plain": "date,open,high,low,close,volume",
    "yfinance": "Date,Open,High,Low,Close,Adj Close,Volume",
    "yfinance intraday": "Datetime,Adj Close,Close,High,Low,Open,Volume",
    "Stooq": "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
    "MetaTrader": "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>,<VOL>,<SPREAD>",
    "Binance": "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,ignore",
    "Alpaca": "symbol,timestamp,open,high,low,close,volume,trade_count,vwap",
    "Alpaca short": "t,o,h,l,c,v,n,vw",
    "Alpha Vantage": "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
    "Polygon": "ticker,volume,open,close,high,low,window_start,transactions",
    "Tiingo": "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor",
    "Nasdaq": "Date,Close/Last,Volume,Open,High,Low",
    "Investing": "Date,Price,Open,High,Low,Vol.,Change %",
    "Kaggle": "date,open,high,low,close,volume,Name",
    "pandas": ",Open,High,Low,Close,Volume",
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_headers_of_vendors(vendor: str) -> None:
    """Every column is the one that the name says."""
    names = VENDORS[vendor].split(",")
    columns = price_columns(names, Interval.D1)
    shown = [names[column].strip("<>").lower()[:1] for column in (columns.open, columns.high, columns.low)]
    assert shown == ["o", "h", "l"]
    assert names[columns.close].strip("<>").lower() in ("close", "c", "close/last", "price")
    assert columns.volume is not None
    assert names[columns.volume].strip("<>").lower() in ("volume", "vol", "vol.", "v")


def test_date_and_time_may_stand_apart() -> None:
    """Both columns make the moment."""
    assert price_columns(VENDORS["Stooq"].split(","), Interval.M1).time == (2, 3)


def test_a_date_beside_an_epoch() -> None:
    """Sessions go by the date, instants by the epoch."""
    names = ["unix", "date", "symbol", "open", "high", "low", "close"]
    assert price_columns(names, Interval.D1).time == (1,)
    assert price_columns(names, Interval.H1).time == (0,)


def test_what_is_lacking_is_named() -> None:
    """All of it at once, with the header that was found."""
    with pytest.raises(BadInput, match="no column for date or time, high, low in 'when, open, close'"):
        price_columns(["when", "open", "close"], Interval.D1)
