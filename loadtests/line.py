"""Connections that send bytes, read as far as they are told to, and may be cut without a word."""

import asyncio
import socket

_READ_LIMIT = 64 * 1024
_SEGMENT = 1_400


class Gone(Exception):
    """The connection is lost, whoever did it."""


class Line:
    """
    The connection below a stream.

    Args:
        read_limit: About how many bytes may wait on this side for whoever reads, in the system and in the process, so
            that the others wait where they are sent; None for as many as the system likes.
    """

    def __init__(self, read_limit: int | None = None) -> None:
        self._read_limit = read_limit
        self._reader = asyncio.StreamReader()
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self, port: int) -> None:
        """
        Connects to *port* of the loopback.

        Raises:
            OSError: If nobody is there.
        """
        own = socket.socket()
        try:
            own.setblocking(False)
            if self._read_limit is not None:
                own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._read_limit)
                # As of a network. The system queues some segments for who does not read, and a loopback's are of 64 kB.
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
            await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", port))
        except BaseException:
            own.close()
            raise
        limit = self._read_limit or _READ_LIMIT
        self._reader, self._writer = await asyncio.open_connection(sock=own, limit=limit)

    def write(self, data: bytes) -> None:
        """Sends bytes."""
        assert self._writer is not None  # noqa: S101 - it was connected
        self._writer.write(data)

    async def head(self) -> bytes:
        """The head of the answer to a request, from its status on."""
        return (await self._reader.readuntil(b"\r\n\r\n")).partition(b" ")[2]

    def abort(self) -> None:
        """Cuts the connection, without a word."""
        if self._writer is not None:
            self._writer.transport.abort()
