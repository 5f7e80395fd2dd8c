"""Wall clocks against the library's own conversion, moment by moment."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gateway.feeds.files.local_times import instants


@pytest.mark.parametrize(
    "name", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "UTC"]
)
def test_every_quarter_hour_of_two_years(name: str) -> None:
    """The shortcut over days without a change gives what each moment gives alone."""
    zone, epoch = ZoneInfo(name), datetime(1970, 1, 1)  # noqa: DTZ001
    start = int((datetime(2005, 1, 1) - epoch).total_seconds())  # noqa: DTZ001
    local = np.arange(start, start + 730 * 86_400, 900)
    found = instants(local, zone)
    clocks = [(epoch + timedelta(seconds=moment)).replace(tzinfo=zone) for moment in local.tolist()]
    first = [int(clock.timestamp()) for clock in clocks]
    second = [int(clock.replace(fold=1).timestamp()) for clock in clocks]
    assert found.first.tolist() == first
    assert found.is_skipped.tolist() == [late < early for early, late in zip(first, second, strict=True)]
    assert found.second.tolist() == [max(pair) for pair in zip(first, second, strict=True)]
