"""Publishing signals over HTTP: what is good is stored, what is not is named by index, repeating changes nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.config import ServerUrls
from resolvers.events.position import parsed_position
from resolvers.model.event import EventKind
from resolvers.storage.pool import Pool
from resolvers.storage.revisions import origin_of
from tests.bars import instrument
from tests.servers import PATIENT, RunningGateway

_PUBLISH = """mutation ($input: PublishSignalsInput!) { publishSignals(input: $input) {
    accepted stored unchanged errors { index code message path } position } }"""

_TIME, _SINCE = "barTime must be", "from the year 1800 to the present, was"


@pytest.fixture
async def gateway(urls: ServerUrls, pool: Pool) -> AsyncIterator[RunningGateway]:
    """A running gateway on a database with two instruments, of which one is simulated."""
    await instrument(pool, "ACME", aliases=("ACM-E",))
    await instrument(pool, "NOVA", is_simulated=True)
    async with RunningGateway(PATIENT, urls) as running:
        yield running


def _signal(**changes: Any) -> dict[str, Any]:
    given = {
        "symbol": "ACME",
        "interval": "H1",
        "barTime": "2024-01-08T12:00:00Z",
        "direction": "BUY",
        "strength": "STRONG",
        "score": 0.75,
        "agreement": 1,
        "price": 100,
        "rationale": "All averages rise.",
    }
    return given | changes


async def _publish(gateway: RunningGateway, *items: dict[str, Any], producer: str = "desk/1") -> dict[str, Any]:
    answer = await gateway.data(_PUBLISH, input={"producer": producer, "items": list(items)})
    found: dict[str, Any] = answer["publishSignals"]
    return found


def _counts(answer: dict[str, Any]) -> tuple[int, int, int]:
    return answer["accepted"], answer["stored"], answer["unchanged"]


async def test_publishing_again_changes_nothing(gateway: RunningGateway, pool: Pool) -> None:
    """With a key or without; said anew under its key, it is the same signal with another content."""
    items = [_signal(symbol=" acm-e ", key="1"), _signal(), _signal(symbol="NOVA", validUntil="2024-01-09T00:00:00Z")]
    first, second = await _publish(gateway, *items), await _publish(gateway, *items)
    assert (_counts(first), first["errors"]) == ((3, 3, 0), [])
    assert (_counts(second), second["errors"]) == ((3, 0, 3), [])
    origin = await origin_of(pool)
    assert parsed_position(first["position"], origin) == {EventKind.SIGNALS: 3}
    assert parsed_position(second["position"], origin)[EventKind.SIGNALS] == 3
    third = await _publish(gateway, _signal(key="1", isCancelled=True), items[1])
    assert _counts(third) == (2, 1, 1)
    assert await pool.fetchval("SELECT count(*) FROM signals") == 3
    assert await pool.fetchval("SELECT n FROM event_numbers WHERE kind = 'signals'") == 4


async def test_bad_ones_are_named_and_good_ones_stored(gateway: RunningGateway, pool: Pool) -> None:
    """Each by its index, with the field and what was expected of it."""
    bad: list[tuple[dict[str, Any], str, str, str]] = [
        ({"symbol": "ZZZZ"}, "NOT_FOUND", "symbol", "no instrument ZZZZ"),
        ({"score": 1.5}, "BAD_INPUT", "score", "score must be from -1 to 1, was 1.5"),
        ({"score": -0.5}, "BAD_INPUT", "score", "score of a BUY must be at least 0, was -0.5"),
        ({"agreement": -1}, "BAD_INPUT", "agreement", "agreement must be from 0 to 1, was -1"),
        ({"confidence": 2}, "BAD_INPUT", "confidence", "confidence must be from 0 to 1, was 2"),
        ({"price": 0}, "BAD_INPUT", "price", "price must be positive and below 1e+18, was 0"),
        ({"stop": 101}, "BAD_INPUT", "stop", "stop of a BUY must be below 100, was 101"),
        ({"entry": 90, "target": 90}, "BAD_INPUT", "target", "target of a BUY must be above 90, was 90"),
        ({"horizonBars": 0}, "BAD_INPUT", "horizonBars", "horizonBars must be from 1 to 100000, was 0"),
        ({"rationale": " "}, "BAD_INPUT", "rationale", "rationale must be 1 to 4000 characters, were 1"),
        ({"rationale": "a\0"}, "BAD_INPUT", "rationale", "rationale must be text without NUL"),
        ({"key": ""}, "BAD_INPUT", "key", "key must be 1 to 200 printable characters, was ''"),
        (
            {"validUntil": "2024-01-08T12:00:00Z"},
            "BAD_INPUT",
            "validUntil",
            "validUntil must be after barTime, was 2024-01-08T12:00:00+00:00",
        ),
        (
            {"interval": "D1"},
            "BAD_INPUT",
            "barTime",
            f"{_TIME} 00:00 UTC of the session's date, {_SINCE} 2024-01-08T12:00:00+00:00",
        ),
        (
            {"barTime": "9024-01-08T12:00:00Z"},
            "BAD_INPUT",
            "barTime",
            f"{_TIME} a whole minute, {_SINCE} 9024-01-08T12:00:00+00:00",
        ),
    ]
    items = [_signal(**changes) for changes, _, _, _ in bad]
    sell = _signal(direction="SELL", score=-1, entry=100, stop=105, target=90, key="s")
    answer = await _publish(gateway, *items, sell, _signal())
    assert _counts(answer) == (2, 2, 0)
    assert answer["errors"] == [
        {"index": index, "code": code, "message": message, "path": ["input", "items", str(index), field]}
        for index, (_, code, field, message) in enumerate(bad)
    ]
    assert await pool.fetchval("SELECT count(*) FROM signals") == 2


async def test_a_name_is_given_to_one_signal(gateway: RunningGateway) -> None:
    """In one call the first counts, and the same once more is accepted; a stored one keeps its bar."""
    answer = await _publish(gateway, _signal(key="1"), _signal(key="1"), _signal(key="1", score=0.5), _signal(score=0))
    assert _counts(answer) == (3, 2, 1)
    assert [(one["index"], one["code"], one["message"]) for one in answer["errors"]] == [
        (2, "BAD_INPUT", "a key must be given once, differs from items[0]")
    ]
    moved = await _publish(gateway, _signal(key="1", barTime="2024-01-08T13:00:00Z"), _signal(key="2"))
    assert _counts(moved) == (1, 1, 0)
    assert [(one["index"], one["code"], one["path"][2:]) for one in moved["errors"]] == [(0, "CONFLICT", ["0", "key"])]


@pytest.mark.parametrize(
    ("producer", "message"),
    [
        ("", "producer must be 1 to 200 printable characters, was ''"),
        ("a\nb", "producer must be 1 to 200 printable characters, was 'a\\nb'"),
        ("Gateway/9", "producer must not begin with gateway, as this gateway's own do, was 'Gateway/9'"),
    ],
)
async def test_a_producer_has_a_name_of_its_own(producer: str, message: str, gateway: RunningGateway) -> None:
    """One error of the whole call; nobody passes for this gateway's own engine."""
    error = await gateway.error(_PUBLISH, input={"producer": producer, "items": [_signal()]})
    assert error == ("BAD_INPUT", ["publishSignals"], message)


async def test_too_many_are_one_error(gateway: RunningGateway) -> None:
    """And an empty call is none."""
    many = {"producer": "desk", "items": [_signal(rationale="a")] * 5001}
    code, path, message = await gateway.error(_PUBLISH, input=many)
    assert (code, path) == ("TOO_LARGE", ["publishSignals"])
    assert message == "one call brings at most 5000 signals, 5001 were given"
    assert _counts(await _publish(gateway)) == (0, 0, 0)
