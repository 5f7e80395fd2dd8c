"""Positions as texts."""

from base64 import urlsafe_b64encode

import pytest

from resolvers.errors import BadInput
from resolvers.events.position import parsed_place, parsed_position, position_text
from resolvers.model.event import EventKind

_ORIGIN = "0a1b2c3d-0000-4000-8000-000000000000"


@pytest.mark.parametrize("position", [{}, {EventKind.CANDLES: 0}, {EventKind.QUOTES: 2**63 - 1, EventKind.CANDLES: 7}])
def test_a_position_is_read_as_it_was_written(position: dict[EventKind, int]) -> None:
    """In any order of its kinds."""
    assert parsed_position(position_text(_ORIGIN, position), _ORIGIN) == position


@pytest.mark.parametrize("part", [0, 1, 5000])
def test_a_position_may_be_within_an_event(part: int) -> None:
    """Whoever asks for an answer that is no older gets one with all of the event."""
    text = position_text(_ORIGIN, {EventKind.SIGNALS: 7}, part)
    assert parsed_place(text, _ORIGIN) == ({EventKind.SIGNALS: 7}, part)
    assert parsed_position(text, _ORIGIN) == {EventKind.SIGNALS: 8 if part else 7}


def _text(json: str) -> str:
    return urlsafe_b64encode(json.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "AAAA",
        "a" * 10_000,
        _text("5"),
        _text('["0a1b2c3d"]'),
        _text('["0a1b2c3d",{"candles":-1}]'),
        _text('["0a1b2c3d",{"candles":true}]'),
        _text('["0a1b2c3d",{"candles":1.0}]'),
        _text('["0a1b2c3d",{"candles":9223372036854775808}]'),
        _text('["0a1b2c3d",{"trades":1}]'),
        _text('["0a1b2c3d", {"candles":1}]'),
        _text('["0a1b2c3d",{"candles":1},0]'),
        _text('["0a1b2c3d",{"candles":1},-1]'),
        _text('["0a1b2c3d",{"candles":1},true]'),
        _text('["0a1b2c3d",{"candles":1},1,1]'),
        position_text(_ORIGIN, {EventKind.CANDLES: 1}) + "=",
    ],
)
def test_what_was_not_given_out_is_refused(text: str) -> None:
    """With a code that blames the client."""
    with pytest.raises(BadInput, match="a position that this API gave out was expected"):
        parsed_position(text, _ORIGIN)


def test_a_position_of_another_database_is_refused() -> None:
    """Its numbers say nothing about this one."""
    with pytest.raises(BadInput, match="another database"):
        parsed_position(position_text("9" + _ORIGIN[1:], {EventKind.CANDLES: 1}), _ORIGIN)
