"""The fan-out scenario, a short run of it, and its judgement of what was told."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.endpoint.transport_ws import ACKNOWLEDGED, PING
from gateway.websocket_connection import text_frame
from loadtests.deliveries import Deliveries, by_symbol
from loadtests.receivers import Receiver, Tally
from loadtests.report import budgets
from loadtests.ticks import Tick
from loadtests.watch_lists import MOST_SELECTIONS, selection
from schema.node import global_id
from tests.loadtests.scenarios import outcome, values

_TICKS = [
    Tick(symbol=symbol, price=price, moment=1_700_000_000.25 + step)
    for step, (symbol, price) in enumerate([("AAA", 7), ("BBB", 7), ("AAA", 8), ("AAA", 9)])
]


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Everybody is told what was published, through sockets, and every budget has its figure."""
    report, printed = outcome(
        "fanout",
        tmp_path,
        *("--subscribers", "10", "--symbols", "40", "--rounds", "3", "--rate", "100"),
        *("--seconds", "0.6", "--connections", "30"),
    )
    found = values(report)
    assert set(budgets("fanout")) <= set(found)
    assert found["errors"] == 0, printed
    assert found["one_event_of_bare"] > 0
    assert report["is_short"]


def test_no_two_selections_are_equal() -> None:
    """There are as many as are said to be."""
    assert len({selection(number) for number in range(MOST_SELECTIONS)}) == MOST_SELECTIONS
    with pytest.raises(ValueError, match="from 0 to 63, was 64"):
        selection(MOST_SELECTIONS)


def _item(tick: Tick, **other: Any) -> dict[str, Any]:
    moment = datetime.fromtimestamp(tick.moment, UTC).isoformat()
    return {"id": global_id("Quote", tick.symbol), "price": float(tick.price), "asOf": moment, **other}


def _judged(*messages: tuple[float, Sequence[dict[str, Any]], dict[str, Any]]) -> Deliveries:
    """A subscriber of both symbols that was sent these items, with what they say of the stream."""
    receiver = Receiver(tally=Tally())
    for moment, items, stream in messages:
        payload = {"data": {"quotes": items}, "extensions": {"stream": {"id": "x", **stream}}}
        receiver.kept.append((moment, orjson.dumps({"id": "1", "type": "next", "payload": payload})))
    deliveries = Deliveries()
    deliveries.judge(receiver, ["AAA", "BBB"], by_symbol(_TICKS))
    return deliveries


def test_an_event_that_was_conflated_away_is_delivered_with_the_next() -> None:
    """Its time goes on until then."""
    first, other, _, third = _TICKS
    begun = first.moment
    found = _judged(
        (begun + 1.5, [_item(first), _item(other, bid=6.99, source="PUBLISHED")], {}),
        (begun + 4.0, [_item(third, volume=90.0)], {"skipped": 1}),
    )
    assert found.faults == []
    assert (found.messages, found.skipped) == (2, 1)
    assert found.times_ms == pytest.approx([1500, 500, 2000, 1000])


@pytest.mark.parametrize(
    ("messages", "fault"),
    [
        ([(9.0, [0, 1, 2, 3], {"skipped": 1})], "5 events were told or counted, there were 4"),
        ([(9.0, [0, 1, 3], {})], "3 events were told or counted, there were 4"),
        ([(9.0, [1, 2], {"skipped": 2})], "not the newest of all symbols"),
        ([(5.0, [1, 3], {"skipped": 2}), (9.0, [3], {})], "AAA: event 2 was told after 2"),
        ([(5.0, [1, 3], {"skipped": 2, "reset": True})], "a status or a reset was told"),
    ],
    ids=["counted twice", "not counted", "missing", "again", "reset"],
)
def test_what_is_missing_or_too_much_is_found(messages: list[tuple[float, list[int], Any]], fault: str) -> None:
    """All four events have to be told or counted, each once, and the newest of each symbol told."""
    found = _judged(*[(moment, [_item(_TICKS[one]) for one in told], stream) for moment, told, stream in messages])
    assert any(one.startswith(fault) for one in found.faults)


def test_other_values_than_were_published_are_found() -> None:
    """Each field that has one."""
    first, other, _, third = _TICKS
    found = _judged((9.0, [_item(replace(first, moment=1.0)), _item(other, ask=9.0), _item(third)], {"skipped": 1}))
    assert found.faults == ["AAA: asOf was '1970-01-01T00:00:01+00:00'", "BBB: ask was 9.0"]


def test_messages_are_told_apart_wherever_they_are_cut() -> None:
    """Short and long ones, with the acknowledgement and pings between them, which count as none."""
    texts = [b"x" * size for size in (1, 125, 126, 70_000)]
    sent = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + b"".join(
        text_frame(one) for text in texts for one in (text, PING, ACKNOWLEDGED)
    )
    for size in (1, 7, 1000, len(sent)):
        receiver = Receiver(tally=Tally(), asked=[b"{}"])
        wire = _Wire()
        receiver.connection_made(wire)
        for at in range(0, len(sent), size):
            receiver.data_received(sent[at : at + size])
        assert [one for _, one in receiver.kept] == texts
        assert receiver.tally.count == len(texts)
        # The handshake, connection_init, and for each ping and acknowledgement an answer.
        assert len(wire.written) == 2 + 2 * len(texts)


class _Wire(asyncio.Transport):
    """Notes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Any] = []

    def write(self, data: Any) -> None:
        """Notes it."""
        self.written.append(data)
