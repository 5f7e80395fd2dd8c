"""What goes wrong while the embedded servers start, told to the person at the terminal."""


class EmbeddedError(Exception):
    """A server cannot be started or stopped; the text says what was tried, and what the server's log said last."""
