"""
Two ways to put load on a server: arrivals that do not wait for it, and clients that do.

A client that sends its next request when the last one is answered asks less of a server that stalls, and so
measures the stall once instead of for everyone who would have come meanwhile (coordinated omission). In the open
loop requests are due at fixed moments whatever the server does, and a request's time counts from when it was due,
also when it had to wait for a free connection.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from loadtests.http_client import Connection

_GRACE_SECONDS = 10.0
_LOST = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """
    One request.

    Attributes:
        kind: What it is counted under.
        fault: Says what is wrong with a status and a body; None if nothing is.
    """

    kind: str
    request: bytes
    fault: Callable[[int, bytes], str | None]


@dataclass(kw_only=True, slots=True)
class Run:
    """
    What came of a number of requests.

    Attributes:
        seconds: From the first request to the last answer.
        times_ms: Of the answers that were right, by kind.
        faults: What was wrong with the others.
        lag_ms: How late the generator itself was at most; above a few milliseconds the run says more about it
            than about the server.
    """

    seconds: float = 0.0
    times_ms: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lag_ms: float = 0.0

    def all_times_ms(self) -> list[float]:
        """The times of all right answers, whatever their kind."""
        return [one for times in self.times_ms.values() for one in times]

    def keep(self, shot: Shot, due: float, fault: str | None) -> None:
        """Counts an answer that is here now."""
        if fault is None:
            self.times_ms.setdefault(shot.kind, []).append((time.perf_counter() - due) * 1000)
        else:
            self.faults.append(f"{shot.kind}: {fault}")


async def open_loop(
    port: int,
    shots: Iterator[Shot],
    *,
    rate: float,
    seconds: float,
    connections: int,
    grace_seconds: float = _GRACE_SECONDS,
) -> Run:
    """
    Requests at a fixed *rate* per second for *seconds*, over at most *connections* connections.

    What is not answered *grace_seconds* after the last one was due counts as a fault.
    """
    run = Run()
    waiting: asyncio.Queue[tuple[float, Shot]] = asyncio.Queue()
    count = max(1, round(rate * seconds))
    all_answered = asyncio.Event()

    async def work(connection: Connection) -> None:
        while True:
            due, shot = await waiting.get()
            run.keep(shot, due, await _attempt(connection, shot))
            if _answered(run) == count:
                all_answered.set()

    opened = [await Connection.open(port) for _ in range(min(connections, count))]
    workers = [asyncio.create_task(work(one)) for one in opened]
    try:
        begin = time.perf_counter() + 0.01
        for number in range(count):
            due = begin + number / rate
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            run.lag_ms = max(run.lag_ms, (time.perf_counter() - due) * 1000)
            waiting.put_nowait((due, next(shots)))
        with suppress(TimeoutError):
            await asyncio.wait_for(all_answered.wait(), grace_seconds)
        run.seconds = time.perf_counter() - begin
        run.faults += ["not answered"] * (count - _answered(run))
    finally:
        await _end(workers, opened)
    return run


async def closed_loop(port: int, shots: Iterator[Shot], *, concurrency: int, seconds: float) -> Run:
    """As many requests as *concurrency* clients can make in *seconds*, each waiting for its answer."""
    run = Run()
    opened = [await Connection.open(port) for _ in range(concurrency)]
    begin = time.perf_counter()

    async def work(connection: Connection) -> None:
        while (due := time.perf_counter()) < begin + seconds:
            shot = next(shots)
            run.keep(shot, due, await _attempt(connection, shot))

    workers = [asyncio.create_task(work(one)) for one in opened]
    try:
        async with asyncio.timeout(seconds + _GRACE_SECONDS):
            await asyncio.gather(*workers)
    except TimeoutError:
        run.faults.append("not answered")
    finally:
        run.seconds = time.perf_counter() - begin
        await _end(workers, opened)
    return run


async def _attempt(connection: Connection, shot: Shot) -> str | None:
    try:
        return shot.fault(*await connection.exchange(shot.request))
    except _LOST as error:
        await asyncio.sleep(0.01)  # a connection that is gone fails at once, and must not spin
        return type(error).__name__


def _answered(run: Run) -> int:
    return len(run.faults) + sum(map(len, run.times_ms.values()))


async def _end(workers: Sequence[asyncio.Task[None]], connections: Sequence[Connection]) -> None:
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for connection in connections:
        connection.close()
