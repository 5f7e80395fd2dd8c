"""What waits for one subscriber."""

import pytest

from gateway.streams.all_outbox import AllOutbox
from gateway.streams.item import Item
from gateway.streams.latest_outbox import LatestOutbox
from gateway.streams.outbox import OutboxFull, Parcel


def _item(text: str, number: int = 1, **told: object) -> Item:
    return Item(body=text.encode(), number=number, **told)  # type: ignore[arg-type]


_NULL = _item("null", errors=[{"message": "m", "path": ()}], is_null=True)


def _latest(most_bytes: int = 1000, *, nulls: bool = False) -> LatestOutbox:
    return LatestOutbox(most_bytes=most_bytes, nulls=nulls)


def _taken(outbox: LatestOutbox | AllOutbox) -> tuple[list[str], int, int | None] | None:
    parcel = outbox.take()
    return None if parcel is None else ([one.body.decode() for one in parcel.items], parcel.skipped, parcel.number)


def test_the_newest_item_of_each_subject_is_sent() -> None:
    """And how many were not."""
    outbox = _latest()
    outbox.put("a", _item("1"), 1, 1)
    outbox.put("b", _item("2"), 1, 2)
    outbox.put("a", _item("3"), 2, 4)
    assert _taken(outbox) == (["3", "2"], 2, 4)
    assert _taken(outbox) is None


def test_what_the_subscriber_has_is_not_said_again() -> None:
    """But it is counted, with the next message."""
    outbox = _latest()
    outbox.put("a", _item("1"), 1, 1)
    outbox.put("b", _item("1"), 1, 1)
    assert _taken(outbox) == (["1", "1"], 0, 1)
    outbox.put("a", _item("2"), 1, 2)
    outbox.put("a", _item("1"), 1, 3)
    assert _taken(outbox) is None
    outbox.put("b", _item("2"), 1, 4)
    assert _taken(outbox) == (["2"], 2, 4)


def test_errors_are_always_said() -> None:
    """And what comes after them."""
    outbox = _latest()
    for _ in range(2):
        outbox.put("a", _NULL, 1, 1)
        assert _taken(outbox) == (["null"], 0, 1)
    outbox.put("a", _item("null"), 1, 1)
    assert _taken(outbox) == (["null"], 0, 1)
    outbox.put("a", _item("null", errors=[{"message": "m", "path": ("price",)}]), 1, 1)
    assert _taken(outbox) == (["null"], 0, 1)


def test_an_item_that_nulls_all_leaves_nothing_said() -> None:
    """The others are skipped, and said when they come again, also unchanged."""
    outbox = _latest(nulls=True)
    outbox.put("a", _item("1"), 1, 1)
    assert _taken(outbox) == (["1"], 0, 1)
    outbox.put("b", _item("2"), 1, 2)
    outbox.put("c", _NULL, 1, 2)
    assert _taken(outbox) == (["2", "null"], 2, 2)
    outbox.put("b", _item("2"), 1, 3)
    outbox.put("a", _item("1"), 1, 3)
    assert _taken(outbox) == (["2"], 1, 3)


def test_a_state_takes_the_place_of_what_waits() -> None:
    """Statuses do not, and the newest of them is enough."""
    outbox = _latest()
    outbox.put("a", _item("1"), 1, 1)
    outbox.open((), Parcel(status="UNAVAILABLE"))
    outbox.open((), Parcel(status="LIVE"))
    assert [_taken(outbox), _taken(outbox), _taken(outbox)] == [([], 0, None), (["1"], 0, 1), None]
    outbox.put("a", _item("2"), 1, 2)
    outbox.open(("a",), Parcel(items=[_item("3")], number=7, is_state=True))
    assert outbox.size_bytes == 1
    assert [_taken(outbox), _taken(outbox)] == [(["3"], 0, 7), None]
    outbox.put("a", _item("3"), 1, 8)
    assert _taken(outbox) is None


def test_the_newest_items_have_a_bound() -> None:
    """That of their bytes; a subject counts once."""
    outbox = _latest(most_bytes=10)
    for number in range(100):
        outbox.put("a", _item("12345"), 1, number)
    assert outbox.size_bytes == 5
    with pytest.raises(OutboxFull):
        outbox.put("b", _item("123456"), 1, 100)


def test_all_items_are_sent_in_order() -> None:
    """Equal ones each, those of a state apart."""
    outbox = AllOutbox(most_bytes=1000, nulls=True)
    outbox.put("a", _item("1", 1), 1, 1)
    outbox.put("a", _item("1", 2), 1, 2)
    outbox.open((), Parcel(items=[_item("7")], number=5, is_state=True))
    outbox.put("a", _item("1", 6), 1, 6)
    assert [_taken(outbox) for _ in range(4)] == [(["1", "1"], 0, 2), (["7"], 0, 5), (["1"], 0, 6), None]
    assert outbox.size_bytes == 0


def test_an_item_that_nulls_its_list_is_alone_in_it() -> None:
    """And a position after it is within its event, where items of that are still to come."""
    outbox = AllOutbox(most_bytes=1000, nulls=True)
    null = Item(body=b"null", number=2, errors=[{"path": ()}], is_null=True, place=3)
    for one in (_item("1", 1), _item("2", 2), null, _item("3", 2, place=7)):
        outbox.put("a", one, 1, one.number)
    parcels = [outbox.take() for _ in range(3)]
    taken = [one for one in parcels if one is not None]
    assert [([item.body for item in one.items], one.number, one.part) for one in taken] == [
        ([b"1", b"2"], 1, 1),
        ([b"null"], 1, 4),
        ([b"3"], 2, 0),
    ]
    assert outbox.take() is None


def test_all_items_have_a_bound() -> None:
    """Small ones too; and what was missed counts as what comes."""
    outbox = AllOutbox(most_bytes=5_000, nulls=False)
    outbox.open((), Parcel(items=[_item("1" * 400, number) for number in range(1, 9)], number=8))
    assert outbox.size_bytes == 8 * 500
    with pytest.raises(OutboxFull):  # noqa: PT012 - one of them is too many
        for number in range(9, 20):
            outbox.put("a", _item("1", number), 1, number)
    assert outbox.size_bytes > 5_000


def test_a_message_has_a_size() -> None:
    """What is longer leaves in several, of which each has its position, also within an event."""
    outbox = AllOutbox(most_bytes=1_000_000, nulls=False)
    items = [_item("1" * 40_000, 7 + number // 5, place=number % 5) for number in range(8)]
    outbox.open((), Parcel(items=items, number=8, part=3))
    parcels = [outbox.take() for _ in range(3)]
    assert [one and (len(one.items), one.number, one.part) for one in parcels] == [(3, 6, 3), (3, 7, 1), (2, 8, 3)]
    assert outbox.is_empty
    assert outbox.size_bytes == 0
