"""One fixture: a price file with a given text, read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.feeds.files import FileOptions, PriceFile, read_prices
from resolvers.model.interval import Interval

Reader = Callable[..., PriceFile]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Writes its first argument to a file and reads it as bars of X, unless told otherwise."""

    def read_content(
        content: str | bytes,
        *,
        symbol: str | None = "X",
        interval: Interval = Interval.D1,
        timezone: str = "UTC",
        adjusted: bool = False,
    ) -> PriceFile:
        path = tmp_path / "prices.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        options = FileOptions(symbol=symbol, interval=interval, timezone=timezone, adjusted=adjusted)
        return read_prices(path, options)

    return read_content
