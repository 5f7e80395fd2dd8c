"""How time cells are written, and what they mean."""

from datetime import UTC, datetime

import pytest

from gateway.feeds.files.moments import NO_OFFSET, read_moments

WITHOUT_TIME = [
    ("2024-01-31", "2024-01-31"),
    ("2024/1/31", "2024-01-31"),
    ("2024.01.31", "2024-01-31"),
    ("20240131", "2024-01-31"),
    ("01/31/2024", "2024-01-31"),
    ("1/31/24", "2024-01-31"),
    ("1/31/69", "1969-01-31"),
    ("1/31/68", "2068-01-31"),
    ("31-Jan-2024", "2024-01-31"),
    ("31 January 2024", "2024-01-31"),
    ("31-OCT-24", "2024-10-31"),
    ("Jan 31, 2024", "2024-01-31"),
    ("1850-01-02", "1850-01-02"),
]
NAIVE = [
    ("2024-01-31 09:30", "2024-01-31T09:30"),
    ("2024-01-31T09:30:15", "2024-01-31T09:30:15"),
    ("2024-01-31 09:30:00.000000000", "2024-01-31T09:30"),
    ("01/31/2024 4:00 PM", "2024-01-31T16:00"),
    ("1/31/24 12:05AM", "2024-01-31T00:05"),
    ("20240131 153000", "2024-01-31T15:30"),
    ("20240131 0930", "2024-01-31T09:30"),
    ("202401310930", "2024-01-31T09:30"),
    ("20240131093015", "2024-01-31T09:30:15"),
    ("Jan 31, 2024, 9:30 am", "2024-01-31T09:30"),
    ("31 Jan 2024 09:30", "2024-01-31T09:30"),
]
WITH_OFFSET = [
    ("2024-01-31T09:30:00Z", "2024-01-31T09:30", 0),
    ("2024-01-31 09:30:00 UTC", "2024-01-31T09:30", 0),
    ("2024-01-31 09:30:00-05:00", "2024-01-31T09:30", -18_000),
    ("2024-01-31T09:30:00+0530", "2024-01-31T09:30", 19_800),
    ("31.01.2024 09:30:00.000 GMT+0100", "2024-01-31T09:30", 3_600),
    ("1706693400", "2024-01-31T09:30", 0),
    ("1706693400.0", "2024-01-31T09:30", 0),
    ("1706693400000", "2024-01-31T09:30", 0),
    ("1706693400000000", "2024-01-31T09:30", 0),
    ("1706693400000000000", "2024-01-31T09:30", 0),
    ("-86400", "1969-12-31T00:00", 0),
]


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(("text", "meaning"), WITHOUT_TIME)
def test_a_date(text: str, meaning: str) -> None:
    """A date has no time of day and no offset."""
    moments = read_moments([text])
    assert (moments.faults, moments.local.tolist()) == ({}, [_seconds(meaning)])
    assert (moments.is_date.tolist(), moments.offset.tolist()) == ([True], [NO_OFFSET])


@pytest.mark.parametrize(("text", "meaning"), NAIVE)
def test_a_wall_clock(text: str, meaning: str) -> None:
    """A time of day without an offset."""
    moments = read_moments([text])
    assert (moments.faults, moments.local.tolist()) == ({}, [_seconds(meaning)])
    assert (moments.is_date.tolist(), moments.offset.tolist()) == ([False], [NO_OFFSET])


@pytest.mark.parametrize(("text", "meaning", "offset"), WITH_OFFSET)
def test_an_instant(text: str, meaning: str, offset: int) -> None:
    """What the clock shows stays as written, the offset beside it."""
    moments = read_moments([text])
    assert (moments.faults, moments.local.tolist()) == ({}, [_seconds(meaning)])
    assert (moments.is_date.tolist(), moments.offset.tolist()) == ([False], [offset])


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "12", "2024-13-01", "2024-02-30", "2024-01-31 24:00", "2024-01-31 09:60", "2024-01-31 13:00 PM"),
        *(
            "99999999",
            "1706693400.5",
            "1706693400001",
            "2024-01-31 09:30:00.25",
            "2024-01-31 EST",
            "2500-01-01",
            "2024-01-31T09:30+99:99",
        ),
        *("9" * 19, "9" * 40, "-999999999999", "1e9", "nan", "31-Foo-2024", "2024-01/31", "09:30", "٢٠٢٤-٠١-٣١", "²"),
    ],
)
def test_no_moment(text: str) -> None:
    """A text that is none has a reason that shows it."""
    (reason,) = read_moments([text]).faults.values()
    assert reason.startswith("time must be")
    assert "was missing" in reason if not text else repr(text[:30])[:-1] in reason


def test_one_day_above_12_tells_the_order_for_all() -> None:
    """Wherever in the file it stands."""
    moments = read_moments(["01/02/2024", "03/02/2024", "13/02/2024"])
    assert moments.local.tolist() == [_seconds(f"2024-02-{day}") for day in ("01", "03", "13")]
    assert moments.notices == ()


def test_without_one_the_month_comes_first_and_the_user_is_told() -> None:
    """With dots the day comes first, as it does wherever dots are used."""
    moments = read_moments(["01/02/2024"])
    assert moments.local.tolist() == [_seconds("2024-01-02")]
    assert moments.notices == ("dates such as 01/02/2024 are read month first; no day above 12 tells the order",)
    moments = read_moments(["01.02.2024"])
    assert moments.local.tolist() == [_seconds("2024-02-01")]
    assert "day first" in moments.notices[0]


def test_a_date_against_the_order_of_the_file_is_none() -> None:
    """The order that more dates prove holds; the other one is rejected and told how it was read."""
    moments = read_moments(["13/02/2024", "14/02/2024", "02/15/2024"])
    assert list(moments.faults) == [2]
    assert moments.faults[2].endswith("was '02/15/2024' read day first")


def test_a_small_epoch_takes_the_unit_of_the_file() -> None:
    """-86400000 is a day before 1970 beside other milliseconds; alone it would be seconds of 1967."""
    moments = read_moments(["-86400000", "1706693400000", "1706693400000000"])
    expected = [_seconds("1969-12-31"), *[_seconds("2024-01-31T09:30")] * 2]
    assert (moments.faults, moments.local.tolist()) == ({}, expected)
