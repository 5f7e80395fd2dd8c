"""Times: what is accepted, what is shown, and what is said about the rest."""

from datetime import UTC, datetime, timedelta

import pytest
import strawberry
from graphql import GraphQLError
from hypothesis import assume, given
from hypothesis import strategies as st

from schema.scalars import LAST_SECOND, parse_rfc3339, rfc3339, whole_seconds
from tests.schema.conftest import Market

_WINDOW = 'query ($from: DateTime, $to: DateTime) { candles(symbol: "ACME", from: $from, to: $to) { count } }'


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_survives_being_shown(moment: datetime) -> None:
    """Whatever its zone, it comes back as the same moment in UTC."""
    assume(1 < moment.year < 9999)
    text = rfc3339(moment)
    assert text.endswith("Z")
    assert parse_rfc3339(text) == moment.astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31T15:00:00Z", datetime(2024, 1, 31, 15, tzinfo=UTC)),
        ("2024-01-31T15:00:00.25Z", datetime(2024, 1, 31, 15, 0, 0, 250_000, tzinfo=UTC)),
        ("2024-01-31T15:00:00.123456789Z", datetime(2024, 1, 31, 15, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-01-31T10:00:00-05:00", datetime(2024, 1, 31, 15, tzinfo=UTC)),
        ("2024-01-31t15:00:00z", datetime(2024, 1, 31, 15, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_rfc_3339_is_accepted(text: str, moment: datetime) -> None:
    """With any offset and any number of decimals."""
    assert parse_rfc3339(text) == moment


_WRONG = [
    "",
    "garbage",
    "2024-01-31",
    "2024-01-31T15:00:00",
    "2024-02-30T00:00:00Z",
    "2024-01-31T24:30:00Z",
    "2024-01-31T15:00:60Z",
    "2024-W05-3T00:00:00Z",
    "20240131T150000Z",
    "2024-01-31T15Z",
    "2024-01-31T15:00Z",
    "2024-01-31T15:00:00+00:00:30",
    "2024-01-31T15:00:00+24:00",
    "0001-01-01T00:00:00+05:00",
    "9999-12-31T23:59:59-05:00",
    "２０２４-01-31T15:00:00Z",
    " 2024-01-31T15:00:00Z",
    "2024-01-31T15:00:00Z\n",
    "\0",
    "\ud800",
    "9" * 10_000,
    1_706_713_200,
    1.5,
    True,
    None,
    [],
    {"a": 1},
]


@pytest.mark.parametrize("value", _WRONG, ids=lambda value: repr(value)[:30])
def test_anything_else_is_refused(value: object) -> None:
    """In words that show what was expected and, shortened, what was found."""
    with pytest.raises(GraphQLError, match=r"^DateTime must be RFC 3339 with an offset, such as .*, was ") as caught:
        parse_rfc3339(value)
    assert len(caught.value.message) < 200


def test_bounds_are_whole_seconds_rounded_up() -> None:
    """A bar that starts on a second lies in [from, to) exactly if it lies in the rounded range."""
    moment = datetime(2024, 1, 31, 15, tzinfo=UTC)
    assert whole_seconds(moment) == 1_706_713_200
    assert whole_seconds(moment + timedelta(microseconds=1)) == 1_706_713_201
    assert whole_seconds(None) is None
    assert whole_seconds(strawberry.UNSET) is None
    assert whole_seconds(datetime.max.replace(tzinfo=UTC)) == LAST_SECOND


async def test_a_wrong_time_says_so_over_the_wire(market: Market) -> None:
    """As a variable and as a literal: one error, with a code."""
    code, _, message = await market.gateway.error(_WINDOW, **{"from": "yesterday"})
    assert code == "INVALID_OPERATION"
    assert "DateTime must be RFC 3339 with an offset, such as 2024-01-31T15:00:00Z, was 'yesterday'" in message
    code, _, message = await market.gateway.error('{ candles(symbol: "ACME", from: "yesterday") { count } }')
    assert code == "INVALID_OPERATION"
    assert "was 'yesterday'" in message


async def test_times_are_shown_in_utc_and_in_seconds(market: Market) -> None:
    """`time` and `timestamp` are the same moments."""
    data = await market.gateway.data('{ candles(symbol: "ACME", last: 3) { columns { time timestamp } } }')
    columns = data["candles"]["columns"]
    assert columns["timestamp"] == market.days.time[-3:].tolist()
    assert [parse_rfc3339(text).timestamp() for text in columns["time"]] == columns["timestamp"]
    assert all(text.endswith("T00:00:00Z") for text in columns["time"])


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_a_range_may_reach_the_ends_of_time(edge: str, market: Market) -> None:
    """No bars there, and no overflow; an empty range at the very end is refused like any other."""
    assert (await market.gateway.data(_WINDOW, **{"from": "9999-12-31T23:59:59Z"}))["candles"]["count"] == 0
    assert (await market.gateway.data(_WINDOW, to="0001-01-01T00:00:00Z"))["candles"]["count"] == 0
    code, path, message = await market.gateway.error(_WINDOW, **{"from": edge, "to": edge})
    assert (code, path) == ("BAD_INPUT", ["candles"])
    assert message.startswith("from must be before to, were ")
