"""The statements that PostgreSQL executes, from its own log."""

import asyncio
import os
import re
import signal
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

_OF_THE_BACKGROUND = (
    "WITH RECURSIVE typeinfo_tree(",
    "SELECT kind, n FROM event_numbers",
    "SELECT kind, n, (SELECT id FROM origins LIMIT 1)",
    "SELECT number, body FROM outbox",
    "SELECT coalesce(max(number), 0) FROM outbox",
    "SELECT id FROM origins",
    "SELECT pg_try_advisory_lock",
    "WITH gone AS (DELETE FROM outbox",
    "LISTEN ",
)


class StatementLog:
    """
    The statements that PostgreSQL executed in one database, from its own log.

    The test's server logs the statements of all databases; whoever counts here counts at the server.
    """

    def __init__(self, log: Path, url: str) -> None:
        self._log = log
        self._url = url
        self._from = 0

    async def start(self) -> None:
        """Lets the server log statements from now on. Our role may not ask it to; its configuration file may."""
        home = self._log.parent / "postgres"
        settings = "\nlog_statement = 'all'\nlog_line_prefix = 'in %d: '\n"
        configuration = home / "postgresql.conf"
        if settings not in configuration.read_text():
            with configuration.open("a") as file:
                file.write(settings)
            os.kill(int((home / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)
        connection = await asyncpg.connect(self._url)
        try:
            while await connection.fetchval("SHOW log_statement") != "all":  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        finally:
            await connection.close()
        self.forget()

    def forget(self) -> None:
        """Starts counting here."""
        self._from = self._log.stat().st_size

    def statements(self) -> list[str]:
        """
        What was executed since, oldest first, with the transactions' brackets.

        Without the driver's own questions about types, which it asks each new connection once: how many connections
        are new is chance. Those texts begin with a line break. And without what the process asks by itself now and
        then, to hear of events.
        """
        with self._log.open("rb") as file:
            file.seek(self._from)
            lines = file.read().decode(errors="replace").splitlines()
        ours = re.compile(rf"in {urlsplit(self._url).path[1:]}: LOG:  (?:statement|execute [^:]+): (.*)")
        found = [match[1] for line in lines if (match := ours.fullmatch(line))]
        return [one for one in found if one and not one.startswith(_OF_THE_BACKGROUND)]
