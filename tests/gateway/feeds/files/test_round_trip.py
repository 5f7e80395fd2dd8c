"""Whatever bars are written, in whatever form, the same bars are read."""

import random
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.feeds.files import FileOptions, read_prices
from resolvers.model.interval import Interval

_DAY = 86_400
_PRICES = st.floats(min_value=1e-12, max_value=9e17)
_BARS = st.tuples(st.tuples(_PRICES, _PRICES, _PRICES, _PRICES), st.none() | st.floats(min_value=0, max_value=9e17))
_DAY_NUMBERS = st.integers(min_value=-20_000, max_value=40_000)
_SERIES = st.dictionaries(
    st.from_regex(r"[A-Z0-9][A-Z0-9./_^=:-]{0,7}", fullmatch=True),
    st.dictionaries(_DAY_NUMBERS, _BARS, min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)
_NAMES = {
    "time": ["date", "Timestamp", "<DATE>", "Trading Day"],
    "open": ["open", "O", "<OPEN>", "Open Price"],
    "high": ["High", "h"],
    "low": ["LOW", "l"],
    "close": ["close", "Last", "Price"],
    "volume": ["volume", "VOL", "vol."],
    "symbol": ["symbol", "Ticker"],
}
_FORMS = ["%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%Y-%m-%d 00:00:00", "%d-%b-%Y", "%B %d, %Y", "epoch"]


def _is_plain_epoch(day: int) -> bool:
    """
    Whether a number of milliseconds can be nothing else.

    Within three years of 1970 it may be one of seconds; 189907200000, of January 1976, is half of 1899-07-20 00:00.
    """
    return abs(day) > 1_200 and not 180_000_000_000 <= day * _DAY * 1_000 < 220_000_000_000


def _time(day: int, form: str) -> str:
    if form == "epoch":
        return str(day * _DAY * 1_000)
    moment = datetime.fromtimestamp(day * _DAY, UTC)
    return moment.strftime(form)


@given(_SERIES, st.randoms(use_true_random=False))
def test_bars_survive_any_form(
    series: dict[str, dict[int, tuple[tuple[float, ...], float | None]]], chance: random.Random
) -> None:
    """Column order, names, delimiter, date format and row order do not matter; values are equal to the last bit."""
    order = chance.sample(list(_NAMES), len(_NAMES))
    delimiter, encoding = chance.choice(",;\t"), chance.choice(["utf-8", "utf-8-sig", "utf-16"])
    days = {day for bars in series.values() for day in bars}
    form = chance.choice([form for form in _FORMS if form != "epoch" or all(map(_is_plain_epoch, days))])
    rows: list[str] = []
    expected: dict[str, list[tuple[float, ...]]] = {}
    for symbol, bars in series.items():
        expected[symbol] = []
        for day, (prices, volume) in sorted(bars.items()):
            low, *inner, high = sorted(prices)
            values = {"open": inner[0], "high": high, "low": low, "close": inner[1]}
            expected[symbol].append((day * _DAY, *values.values(), np.nan if volume is None else volume))
            cells = {name: repr(value) for name, value in values.items()}
            cells |= {"time": _time(day, form), "symbol": symbol, "volume": "" if volume is None else repr(volume)}
            quote = '"' if delimiter in cells["time"] else ""
            cells["time"] = f"{quote}{cells['time']}{quote}"
            rows.append(delimiter.join(cells[name] for name in order))
    chance.shuffle(rows)
    header = delimiter.join(chance.choice(_NAMES[name]) for name in order)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "prices"
        path.write_bytes("\n".join([header, *rows]).encode(encoding))
        file = read_prices(path, FileOptions(interval=Interval.D1))
    assert file.rejects == ()
    assert list(file.series) == sorted(expected)
    for symbol, bars_read in file.series.items():
        columns = (bars_read.time, bars_read.open, bars_read.high, bars_read.low, bars_read.close, bars_read.volume)
        np.testing.assert_array_equal(np.column_stack(columns), np.array(expected[symbol], np.float64))
