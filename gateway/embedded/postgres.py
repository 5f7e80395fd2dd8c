"""The embedded PostgreSQL: a cluster of its own, one role, one database, reached through a socket only."""

import os
import secrets
import shutil
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from gateway.embedded.error import EmbeddedError
from gateway.embedded.programs import POSTGRES_MAJOR, postgres_folder
from gateway.embedded.server import Server

ROLE = "signal_gateway"
DATABASE = "signal_gateway"

_PASSWORD_FILE = "postgres.password"  # noqa: S105
_STARTUP = f"user\0{ROLE}\0database\0{DATABASE}\0\0".encode()

# The role owns its database and is no superuser: SQL that goes astray must not be able to run programs. It may count
# statements, see the statistics, and make databases for tests.
_FIRST_SQL = f"""
CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '%s'
GRANT pg_monitor, pg_checkpoint TO {ROLE}
GRANT SET ON PARAMETER log_statement, log_min_duration_statement TO {ROLE}
CREATE DATABASE {DATABASE} OWNER {ROLE}
"""


class Postgres(Server):
    """A PostgreSQL cluster in the folder ``postgres`` of the data directory."""

    name: ClassVar[str] = "PostgreSQL"
    key: ClassVar[str] = "postgres"
    socket_name: ClassVar[str] = ".s.PGSQL.5432"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # its fast shutdown: ends sessions, keeps every commit

    @property
    def bound_folder(self) -> Path:
        """The folder ``run`` of the cluster, which a relative setting can name."""
        return self.home / "run"

    def url(self) -> str:
        """The DSN for asyncpg; the port is spelled out lest PGPORT of the environment is taken."""
        password = self.directory.read_file(_PASSWORD_FILE)
        if not password:
            raise EmbeddedError(
                f"{self.directory.path / _PASSWORD_FILE} must hold the password of the cluster beside it, is missing"
            )
        return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(str(self.socket_folder))}&port=5432"

    def is_answering(self, connection: socket.socket) -> bool:
        """Whether a start-up message is answered by anything but *cannot connect now*."""
        connection.sendall(struct.pack("!ii", len(_STARTUP) + 8, 196608) + _STARTUP)
        answer = connection.recv(1024)
        return bool(answer) and not (answer.startswith(b"E") and b"C57P03\0" in answer)

    def command(self) -> list[str]:
        """The server with its settings as arguments, so that those of a later version take effect."""
        program = postgres_folder(self.directory.account) / "postgres"
        arguments = [str(program), "-D", self._as_seen_by_server(self.home)]
        for setting, value in _settings().items():
            arguments += ["-c", f"{setting}={value}"]
        return arguments

    def prepare(self, alive: int) -> None:
        """
        Makes the cluster on the first start, and checks its version on each.

        It is made under another name and renamed when complete, so a cluster that is there is whole. ``--no-sync``
        spares a flush after each step; one at the end is needed, because no checkpoint ever flushes files that were
        written before the server started, and a power cut would take them.
        """
        if self.home.exists():
            self._check_version()
            self._forget_stale_pids()
            return
        if not self.directory.read_file(_PASSWORD_FILE):
            self.directory.write_file(_PASSWORD_FILE, secrets.token_hex(24))
            self.directory.flush(_PASSWORD_FILE)
        draft = self.directory.path / "postgres.new"
        if draft.exists():
            shutil.rmtree(draft)
        self.directory.make_folder(draft.name)
        self._make_cluster(draft, alive)
        draft.rename(self.home)
        self.directory.flush()

    def _make_cluster(self, draft: Path, alive: int) -> None:
        programs = postgres_folder(self.directory.account)
        data = ["-D", self._as_seen_by_server(draft)]
        locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-E", "UTF8"]
        initdb = [str(programs / "initdb"), *data, "--no-sync"]
        self.run([*initdb, "-U", "postgres", "--auth=reject", *locale], draft, alive)
        self.directory.write_file(f"{draft.name}/pg_hba.conf", f"local all {ROLE} scram-sha-256\n")
        self.directory.make_folder(f"{draft.name}/run")
        # The single-user mode reads SQL from its input: no password in arguments, and no role that needs none.
        quiet = ["-F", "-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "-c", "log_checkpoints=off"]
        sql = _FIRST_SQL % self.directory.read_file(_PASSWORD_FILE)
        self.run([str(programs / "postgres"), "--single", *data, *quiet, "template1"], draft, alive, sql)
        # A thousand files one by one take 0.1 s on an idle disk and 4 s beside another program; all at once, 0.1 s.
        method = "syncfs" if sys.platform == "linux" else "fsync"
        self.run([str(programs / "initdb"), *data, "--sync-only", f"--sync-method={method}"], draft, alive)

    def _check_version(self) -> None:
        found = self.directory.read_file("postgres/PG_VERSION")
        if found is None:
            raise EmbeddedError(f"{self.home} must hold a PostgreSQL cluster, has no PG_VERSION")
        if found.strip() != str(POSTGRES_MAJOR):
            raise EmbeddedError(
                f"{self.home} must be a cluster of PostgreSQL {POSTGRES_MAJOR}, was made by {found.strip()}; "
                "dump it with that version, or choose another GATEWAY_DATA_DIR"
            )

    def _forget_stale_pids(self) -> None:
        """
        Removes the lock files of a server whose process is another program by now, or dead and not yet buried.

        After a power cut its number may have gone to a Redis of the same account, and in a container whose first
        process buries nobody a killed server stays a zombie: PostgreSQL takes both for itself and refuses to start.
        A running server always has the cluster as its working directory.
        """
        for name in ("postmaster.pid", f"run/{self.socket_name}.lock"):
            pid = (self.directory.read_file(f"postgres/{name}") or "").partition("\n")[0].strip()
            if sys.platform == "linux" and pid.isdigit():
                with suppress(PermissionError):  # somebody else's process, which PostgreSQL disregards too
                    if not _works_in(pid, self.home):
                        (self.home / name).unlink()

    def _as_seen_by_server(self, folder: Path) -> str:
        """
        The name of its working directory *folder* for the server.

        The account that it runs under may be shut out of the folders above, ``/root`` for one. The kernel resolves
        this link without walking through them.
        """
        if self.directory.account.is_other and sys.platform == "linux":
            return "/proc/self/cwd"
        return str(folder)


def _works_in(pid: str, folder: Path) -> bool:
    try:
        return Path("/proc", pid, "cwd").samefile(folder)
    except FileNotFoundError:  # what the link of a zombie says
        return False


def _settings() -> dict[str, str]:
    """What differs from PostgreSQL's defaults: a store for one program, on a laptop with two cores and an SSD."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "cluster_name": "signal-gateway",
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": "run",
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": f"{max(16, min(256, memory_mb // 8))}MB",
        # Nothing replicates from here, and minimal lets a COPY into a table of its own transaction skip the log.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_logical_replication_workers": "0",
        "max_wal_size": "2GB",
        "fsync": "on",
        "synchronous_commit": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "32",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",  # a server that runs for months must not fill the disk with good news
    }
