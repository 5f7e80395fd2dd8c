"""Another process on the same data directory, steered through its pipes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import redis

from gateway.embedded import ServerUrls, embedded_servers
from gateway.embedded.account import server_account
from gateway.embedded.directory import DataDirectory
from gateway.embedded.postgres import Postgres
from gateway.embedded.redis import Redis

REPOSITORY = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 20.0


class Neighbour:
    """A process that enters `embedded_servers`, says so, and leaves when told."""

    def __init__(self, data_dir: Path, *, rounds: int = 1) -> None:
        # Every warning is shown, so that a test can hold that there was none.
        self.process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-m", __name__, str(data_dir), str(rounds)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def urls(self) -> ServerUrls:
        """The addresses, once the process has entered."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return ServerUrls(**json.loads(line))

    def tell_to_leave(self) -> None:
        """Lets it leave, without waiting."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def leave(self) -> None:
        """Lets it leave, and holds that it did so without a word."""
        _, complaint = self.process.communicate("\n", timeout=DEADLINE_SECONDS)
        assert (self.process.returncode, complaint) == (0, ""), (self.process.returncode, complaint)

    def end(self, signal_number: signal.Signals) -> str:
        """Sends a signal that ends it; what it said on the way out."""
        self.process.send_signal(signal_number)
        return self.process.communicate(timeout=DEADLINE_SECONDS)[1]


def pids(data_dir: Path) -> tuple[int | None, int | None]:
    """The processes that listen for PostgreSQL and Redis in *data_dir*."""
    directory = DataDirectory(path=data_dir, account=server_account())
    return Postgres(directory).pid(), Redis(directory).pid()


def is_running(pid: int) -> bool:
    """Whether *pid* still runs; one that nobody has buried yet does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return sys.platform != "linux"
    return state != "Z"


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Returns as soon as *condition* holds."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.002)


def ping(urls: ServerUrls) -> None:
    """Holds that Redis answers."""
    assert urls.redis is not None
    with redis.Redis.from_url(urls.redis) as client:
        assert client.ping()


def main() -> None:
    """Enters and leaves; one round waits for a line, more rounds do not."""
    data_dir, rounds = Path(sys.argv[1]), int(sys.argv[2])
    for _ in range(rounds):
        with embedded_servers(data_dir) as urls:
            ping(urls)
            if rounds == 1:
                sys.stdout.write(json.dumps({"database": urls.database, "redis": urls.redis}) + "\n")
                sys.stdout.flush()
                sys.stdin.readline()


if __name__ == "__main__":
    main()
