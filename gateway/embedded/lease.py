"""The use of a server by this process, shared with every other process on the same data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from gateway.embedded.server import Server
from gateway.embedded.socket_path import remove_short_folder, short_folder


@contextmanager
def lease(server: Server) -> Iterator[None]:
    """
    Keeps *server* running: started by the first user, stopped by the last.

    Two locks, both freed by the kernel when a process dies: ``.users`` is held shared for as long as a process uses
    the server, ``.lock`` exclusively while one starts or stops it. The orders that matter:

    - The last user leaves while a newcomer enters. A user joins and leaves ``.users`` only under ``.lock``. If the
      newcomer is first, the leaver sees it and stops nothing; if the leaver is first, the newcomer waits until the
      server is gone and starts it again. There is no moment at which it could take up a server about to be stopped.
    - A user is killed. Its locks are gone with it, the server stays. The next one to enter finds it answering, and
      stops it as soon as it leaves as the last.
    - The starter is killed half way. The newcomer gets ``.lock``, sees by ``.alive`` that initdb or the server
      still runs, and waits for it; initdb alone leaves nothing but a folder that the next attempt clears away.
    - The stopper is killed half way. ``.alive`` says *stopping*: the newcomer finishes the stop, then starts.

    Raises:
        EmbeddedError: If the server cannot be started, or by the last user if it cannot be stopped.
    """
    with ExitStack() as kept:
        users = kept.enter_context(_opened(server, "users"))
        with _exclusive(server):
            # Under the lock as well: the last leaver removes the short path, and must not remove a newcomer's.
            server.socket_folder = kept.enter_context(short_folder(server.bound_folder, server.socket_name))
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                server.ensure_running()
            except BaseException:
                _leave(server, users)
                raise
        try:
            yield
        finally:
            with _exclusive(server):
                _leave(server, users)


def _leave(server: Server, users: int) -> None:
    """Stops the server if nobody else uses it; the explicit unlock reaches copies that a fork has made."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(users, fcntl.LOCK_UN)
        return
    try:
        server.stop()
        remove_short_folder(server.socket_folder)
    finally:
        fcntl.flock(users, fcntl.LOCK_UN)


@contextmanager
def _exclusive(server: Server) -> Iterator[None]:
    with _opened(server, "lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(server: Server, suffix: str) -> Iterator[int]:
    descriptor = server.directory.open_file(f"{server.key}.{suffix}", os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
