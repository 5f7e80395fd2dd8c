"""The server's end of a WebSocket."""

import pytest
from websockets.frames import Frame, Opcode

from gateway.websocket_connection import text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_a_text_is_framed_as_the_library_frames_it(size: int) -> None:
    """For each of the three lengths that frames have, at their bounds."""
    text = b"x" * size
    assert text_frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)
