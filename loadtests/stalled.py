"""
Clients that stop reading, among others who go on: ``python -m loadtests.stalled``.

Signals of three kilobytes and quotes are published at a steady rate. In some passes a part of the clients stops reading
for a while, each with a selection of its own, and a few never read again; in the others all of them read. How long
signals take to those who read may be no different, and the memory of the process may grow by no more than what those
who do not read may have waiting. Who reads again is told: of quotes how many it has missed, of signals by an error
where to go on.

Seen to fail without the bound of outboxes: with ``pass`` for ``raise OutboxFull`` in
`gateway/streams/latest_outbox.py` and `gateway/streams/all_outbox.py`.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import uvloop

from loadtests.gateway_process import on_cores, running_gateway, separate_cores
from loadtests.percentiles import percentile
from loadtests.published_events import BAR_SYMBOL, QUOTE_SYMBOLS, SIGNAL_SYMBOLS
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stalling import NEVER, Pass, one_pass
from loadtests.stored_market import create_instruments_in, server_versions, temporary_database

# Besides twice what it should take until those who stop read again: they are not to be cut off before.
_SEND_SECONDS: Final = 2.0


def _measured(chosen: argparse.Namespace) -> tuple[list[Pass], list[Pass], dict[str, str]]:
    """Passes without and with clients that stop reading, in turn, each on servers of its own."""
    cores = separate_cores()
    without: list[Pass] = []
    with_: list[Pass] = []
    versions: dict[str, str] = {}
    settings = {"max_outbox_bytes": chosen.outbox, "send_seconds": 2 * chosen.stall + _SEND_SECONDS}
    for stalls in [False, True] * chosen.rounds or [True]:
        with (
            temporary_database(cores and cores[1]) as database,
            on_cores(cores and cores[1]),
            running_gateway(
                database.folder, cores=cores and cores[0], settings=settings, module="loadtests.watched_gateway"
            ) as gateway,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            origin = runner.run(create_instruments_in(database, [*SIGNAL_SYMBOLS, *QUOTE_SYMBOLS, BAR_SYMBOL]))
            (with_ if stalls else without).append(runner.run(one_pass(chosen, origin, gateway, stalls=stalls)))
            versions = runner.run(server_versions(database))
    return without, with_, versions


def _figures(chosen: argparse.Namespace, without: Sequence[Pass], with_: Sequence[Pass]) -> Iterator[Figure]:
    wrong = [text for one in (*without, *with_) for text in one.wrong]
    for text in wrong[:10]:
        print(f"wrong: {text}", file=sys.stderr)
    of_quotes = (chosen.stalled + 1) // 2
    untold = {
        "signals": sum(chosen.stalled - of_quotes - one.ended for one in with_),
        "quotes": sum(of_quotes - one.skipping for one in with_),
        "never read again": sum(NEVER - one.cut_off for one in with_),
    }
    yield Figure(
        key="untold",
        what="clients that did not read and were neither told nor ended",
        value=sum(untold.values()),
        unit="",
        details=untold,
    )
    yield Figure(key="wrong", what="faults of what was heard", value=len(wrong), unit="")
    if without:
        yield from _compared(chosen, without, with_)


def _compared(chosen: argparse.Namespace, without: Sequence[Pass], with_: Sequence[Pass]) -> Iterator[Figure]:
    times = {
        words: [latency for one in passes for latency in one.latencies]
        for words, passes in (("all read", without), ("some do not", with_))
    }
    p99 = {words: percentile(latencies, 99) for words, latencies in times.items()}
    for words, latencies in times.items():
        yield Figure(
            key=f"p99_{words.replace(' ', '_')}",
            what=f"signals to those who read, p99, while {words}",
            value=p99[words],
            unit="ms",
            details={"p50": percentile(latencies, 50), "most": max(latencies), "signals": len(latencies)},
        )
    growth = [statistics.median([one.growth_mb for one in passes]) for passes in (without, with_)]
    holders = chosen.stalled // 2 + NEVER
    yield Figure(
        key="p99_ratio",
        what="p99 while some do not read, in that while all do",
        value=p99["some do not"] / p99["all read"],
        unit="",
    )
    yield Figure(
        key="memory_of_limit",
        what="memory that grew for each who does not read signals, in the limit of its outbox",
        value=(growth[1] - growth[0]) * 1024 * 1024 / holders / chosen.outbox,
        unit="",
        details={"MB while all read": growth[0], "MB while some do not": growth[1]},
    )


def main() -> int:
    """Runs, and reports."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.stalled", description=__doc__)
    parser.add_argument("--clients", type=int, default=30, help="who read signals (default: 30)")
    parser.add_argument("--stalled", type=int, default=40, help="who stop reading (default: 40)")
    parser.add_argument("--rate", type=float, default=100, help="signals per second (default: 100)")
    parser.add_argument("--stall", type=float, default=8, help="seconds for which they do not read, about (default: 8)")
    parser.add_argument("--outbox", type=int, default=1_000_000, help="limit of an outbox in bytes (default: 1000000)")
    parser.add_argument("--rounds", type=int, default=2, help="passes of each kind; 0: one where some stop")
    parser.add_argument("--seed", type=int, default=1)
    add_report_options(parser)
    chosen = parser.parse_args()
    without, with_, versions = _measured(chosen)
    report = Report(
        scenario="stalled",
        data=[
            f"{chosen.clients} clients who read signals of 3 kB, {chosen.rate:g} each second, over two transports",
            f"{chosen.stalled} others, of signals and of quotes, stop for {chosen.stall:g} s, and {NEVER} for ever",
            f"the outbox of each may hold {chosen.outbox / 1e6:g} MB; {chosen.rounds} passes of each kind",
        ],
        figures=list(_figures(chosen, without, with_)),
        servers=versions,
        is_short=chosen.stall < 8 or chosen.clients < 30 or not chosen.rounds,
    )
    return finished(report, chosen)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
