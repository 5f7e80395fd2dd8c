"""
Streams over real sockets: ``python -m loadtests.fanout``.

One event to a thousand subscribers, beside a server that broadcasts the same bytes; a thousand events a second to as
many watch lists; ten thousand subscriptions in one process. All that is told is held against what was published.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

import uvloop

from loadtests.broadcasts import Rounds, one_event, publish
from loadtests.clock import noted
from loadtests.gateway_process import GatewayProcess, on_cores, running_gateway, separate_cores
from loadtests.http_client import Connection
from loadtests.hub import queueing
from loadtests.percentiles import percentile
from loadtests.receivers import Receivers
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.steady_rate import Steady, steady
from loadtests.stored_market import Database, create_instruments_in, temporary_database
from loadtests.watch_lists import operation, watched

_SELECTIONS = 50
_PRICE = 1000
_THROTTLE_MS = 500


@dataclass(slots=True, kw_only=True)
class _Held:
    """What many subscriptions took: of memory at most, of time to join, and until one event of each had come."""

    memory: dict[str, float]
    joined_seconds: float
    clock: dict[str, float]
    faults: list[str] = field(default_factory=list)


class _Scenario:
    """Servers on one core or the other, and a price that only grows."""

    def __init__(self, chosen: argparse.Namespace, database: Database, cores: tuple[set[int], set[int]] | None) -> None:
        self.chosen = chosen
        self.database = database
        self.symbols = [f"MADE{number}" for number in range(chosen.symbols)]
        self._cores = cores
        self._price = _PRICE

    def prices(self, count: int) -> int:
        """The first of *count* prices that nobody has used."""
        self._price += count
        return self._price - count

    @contextmanager
    def gateway(self) -> Iterator[GatewayProcess]:
        """A gateway that has just started."""
        with self._running(("serve",), "loadtests.clocked_gateway") as gateway:
            yield gateway

    @contextmanager
    def bare(self) -> Iterator[GatewayProcess]:
        """A server that broadcasts."""
        with self._running((), "loadtests.bare_broadcast") as bare:
            yield bare

    @contextmanager
    def _running(self, command: Sequence[str], module: str) -> Iterator[GatewayProcess]:
        with running_gateway(
            self.database.folder,
            command=command,
            module=module,
            cores=self._cores and self._cores[0],
            settings={"max_connections": max(10_000, self.chosen.connections)},
        ) as process:
            yield process

    async def all_quotes(self, gateway: GatewayProcess) -> None:
        """Moves every symbol once."""
        connection = await Connection.open(gateway.port)
        await publish(connection, self.symbols, self.prices(1))
        connection.close()

    async def broadcasts(self) -> tuple[Rounds, dict[str, float]]:
        """One event at a time, in turns with the bare server."""
        with self.gateway() as gateway, self.bare() as bare:
            await self.all_quotes(gateway)
            rounds = self.chosen.rounds
            found = await one_event(
                gateway.port,
                bare.port,
                self.symbols,
                subscribers=self.chosen.subscribers,
                rounds=rounds,
                first=self.prices(rounds),
            )
            return found, await noted(gateway.port)

    async def rate(self, throttle_ms: int) -> Steady:
        """Events at a steady rate."""
        rate, seconds = self.chosen.rate, self.chosen.seconds
        with self.gateway() as gateway:
            await self.all_quotes(gateway)
            return await steady(
                gateway,
                self.database,
                self.symbols,
                subscribers=self.chosen.subscribers,
                rate=rate,
                seconds=seconds,
                first=self.prices(round(rate * seconds / len(self.symbols)) + 1),
                throttle_ms=throttle_ms,
            )

    async def many(self, connections: int, each: int) -> _Held:
        """Subscriptions with fifty selections; each is told of one symbol more when all are there."""
        asked = [
            [
                operation(
                    str(place), watched(self.symbols, number * each + place), (number * each + place) % _SELECTIONS
                )
                for place in range(each)
            ]
            for number in range(connections)
        ]
        with self.gateway() as gateway:
            await self.all_quotes(gateway)
            await noted(gateway.port)
            begun = time.perf_counter()
            receivers = await Receivers.open(gateway.port, asked, keeps=False)
            joined = time.perf_counter() - begun
            # All symbols at once: every subscription has a message.
            await self.all_quotes(gateway)
            await receivers.tally.reach(2 * connections * each)
            held = _Held(
                memory=gateway.memory_mb(),
                joined_seconds=joined,
                clock=await noted(gateway.port),
                faults=receivers.faults(),
            )
            await receivers.close()
            return held


def main() -> int:
    """Measures and reports."""
    chosen = _parser().parse_args()
    cores = separate_cores()
    with temporary_database(cores and cores[1]) as database, ExitStack() as stack:
        stack.enter_context(on_cores(cores and cores[1]))
        scenario = _Scenario(chosen, database, cores)
        asyncio.run(create_instruments_in(database, scenario.symbols))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(_figures(scenario))
    report = Report(
        scenario="fanout",
        data=[
            f"{chosen.subscribers:,} WebSockets over {len(scenario.symbols)} symbols, whose prices are made up",
            "gateway and bare server have one core, PostgreSQL, Redis, publisher and clients the others"
            if cores
            else "nothing is pinned to a core, which makes times of no use",
            f"one event: {chosen.rounds} through the gateway's own API, in turns with the bare broadcasts",
            f"{chosen.rate:g} events/s for {chosen.seconds:g} s: stored and told by another process",
        ],
        figures=figures,
        servers={name: version(name) for name in ("uvicorn", "uvloop", "httptools", "websockets")},
        is_short=chosen.subscribers < 1000 or chosen.seconds < 10 or chosen.rounds < 30 or chosen.connections < 10_000,
    )
    return finished(report, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.fanout", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000, help="of events (default: 1000)")
    parser.add_argument("--symbols", type=int, default=500, help="that move (default: 500)")
    parser.add_argument("--rounds", type=int, default=60, help="single events (default: 60)")
    parser.add_argument("--rate", type=float, default=1000, help="events per second (default: 1000)")
    parser.add_argument("--seconds", type=float, default=12, help="for which they go on (default: 12)")
    parser.add_argument("--connections", type=int, default=10_000, help="with a subscription each (default: 10000)")
    add_report_options(parser)
    return parser


async def _figures(scenario: _Scenario) -> list[Figure]:
    chosen = scenario.chosen
    rounds, clock = await scenario.broadcasts()
    clocks, faults = [clock], rounds.faults
    figures = [*_of_one_event(rounds)]
    for throttle_ms in (0, _THROTTLE_MS):
        run = await scenario.rate(throttle_ms)
        clocks.append(run.clock)
        faults += run.deliveries.faults
        figures += _of_rate(run, throttle_ms)
    for connections, each in ((chosen.subscribers, 10), (chosen.connections, 1)):
        held = await scenario.many(connections, each)
        faults += held.faults
        figures.append(_of_memory(held, connections, each))
    figures += _of_queueing()
    figures.append(
        Figure(
            key="blocked_ms",
            what="the event loop kept from a task that wanted to run, at most, in all of these",
            value=max(one["late_ms"] for one in clocks),
            unit="ms",
            details={
                "its processor time ms": max(one["busy_ms"] for one in clocks),
                "looking for garbage ms": max(one["garbage_ms"] for one in clocks),
                "times over 10 ms": sum(one["over_10_ms"] for one in clocks),
            },
        )
    )
    for fault in sorted(set(faults))[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    what = "messages that were wrong, missing or too many, and connections lost"
    return [*figures, Figure(key="errors", what=what, value=len(faults), unit="")]


def _of_one_event(rounds: Rounds) -> Iterator[Figure]:
    ours, bare = percentile(rounds.ours, 50), percentile(rounds.bare, 50)
    yield Figure(
        key="one_event_of_bare",
        what="one event, from its publish call to the last receipt, of a bare broadcast of the same bytes",
        value=ours / bare,
        unit="times",
        details={
            **{f"{name} {what} ms": 1000 * percentile(times, percent)
               for name, times in (("ours", rounds.ours), ("bare", rounds.bare))
               for what, percent in (("p10", 10), ("median", 50), ("p90", 90))},
            "answer of the publish call ms": 1000 * percentile(rounds.answers, 50),
            "bytes": rounds.size_bytes,
        },
    )  # fmt: skip


def _of_rate(run: Steady, throttle_ms: int) -> Iterator[Figure]:
    told = run.deliveries
    name, words = (f"throttled_{throttle_ms}", f", @throttle(ms: {throttle_ms})") if throttle_ms else ("delivered", "")
    details = {
        "p50": percentile(told.times_ms, 50),
        "most": max(told.times_ms),
        "messages/s": told.messages / run.seconds,
        "events conflated away": told.skipped,
        "publisher late ms": run.late_ms,
        "loop blocked ms": run.clock["late_ms"],
    }
    delivered = percentile(told.times_ms, 99)
    yield Figure(
        key=f"{name}_p99_ms", what=f"events to receipts{words}, p99", value=delivered, unit="ms", details=details
    )
    yield Figure(key=f"{name}_cores", what=f"the gateway's processor time{words}", value=run.cores, unit="cores")


def _of_memory(held: _Held, connections: int, each: int) -> Figure:
    return Figure(
        key="memory_connections_mb" if each == 1 else "memory_operations_mb",
        what=f"memory of the gateway with {connections:,} connections, {each} subscriptions each, at most",
        value=held.memory.get("most", 0.0),
        unit="MB",
        details={
            "all joined s": held.joined_seconds,
            "loop blocked meanwhile ms": held.clock["late_ms"],
        },
    )


def _of_queueing() -> Iterator[Figure]:
    for kind in ("latest", "all"):
        ours, bare = queueing(kind)
        yield Figure(
            key=f"queueing_{kind}_ms",
            what=f"queueing 1,000 messages, each into an outbox of its own ({kind})",
            value=ours * 1000,
            unit="ms",
            details={"bare queues ms": bare * 1000},
        )


if __name__ == "__main__":
    sys.exit(main())
