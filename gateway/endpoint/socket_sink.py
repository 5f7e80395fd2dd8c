"""Results of one operation, written to its WebSocket where they are made."""

from gateway.endpoint.transport_ws import Begun
from gateway.endpoint.wire import TextWire
from gateway.streams.message import StreamMessage
from gateway.websocket_connection import text_frame


class SocketSink:
    """Sends the results of one operation as they come, for as long as its client reads."""

    __slots__ = ("_begun", "_wire")

    def __init__(self, begun: Begun, wire: TextWire) -> None:
        self._begun = begun
        self._wire = wire

    @property
    def is_open(self) -> bool:
        """Whether the connection takes more without waiting."""
        return self._wire.is_writable

    def send(self, message: StreamMessage) -> None:
        """Sends a result."""
        begun = self._begun
        if not begun.is_wanted:
            return
        frame = message.framed.get(begun.before_result)
        if frame is None:
            # Made once for all who call their operations the same, as most clients call their first.
            frame = message.framed[begun.before_result] = text_frame(begun.before_result + message.body + b"}")
        self._wire.write_frame(frame)
        begun.position = message.position
