"""
Gateways that are killed while clients listen: ``python -m loadtests.kill``.

Two gateways over one PostgreSQL and one Redis. Numbered signals are published through the API, quotes and a forming bar
move, and one of the gateways is killed again and again (SIGKILL), whichever. Clients over graphql-transport-ws and
graphql-sse go on at the other one, with the position of the last message that they have; some cut their connections
themselves. In the second part Redis is killed as well, and comes back empty.

Of signals nothing may be lost, repeated or out of order. Of quotes and candles each message has to say exactly how many
events it leaves out; where a part of the events is gone for good, a reset has to say so.

Seen to fail, with small changes that are made by hand:

- what was missed read from one event too far on: ``self.page(point.number + 1)`` in `gateway/streams/all.py`;
- without the floor: ``if numbers[0] <= floor - 10`` in `gateway/streams/subscriber.py`;
- missed events of quotes not counted: ``skipped = 0`` in `gateway/streams/latest_joining.py`;
- with Redis emptied, holes not read from the outbox: ``while False`` in ``Reader._fill``.
"""

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import uvloop

from loadtests.judging import Events, count_of, newest_prices, order_of, wrongly_skipped
from loadtests.listening import listening, until
from loadtests.mixed_audience import MixedAudience, mixed_audience
from loadtests.pair import Pair, Publisher
from loadtests.published_events import (
    BAR_SYMBOL,
    QUOTE_SYMBOLS,
    SIGNAL_SYMBOLS,
    NumberedSignals,
    Prices,
    bar_events,
    symbol_of,
)
from loadtests.redis_process import RedisProcess, running_redis
from loadtests.report import Figure, Report, add_report_options, finished
from loadtests.stored_market import Database, create_instruments_in, server_versions, temporary_database
from resolvers.model.event import EventKind

_ALIKE: Final = 100
_MOVES_PER_SECOND: Final = 20.0
_LATE_SECONDS: Final = 30.0
_STILL_SECONDS: Final = 1.0


async def _kill_gateways(pair: Pair, count: int, within: float, chance: random.Random) -> None:
    """Kills one or the other, each time when the one before is back."""
    for _ in range(count):
        await asyncio.sleep(chance.uniform(0.2, 1.0) * within / count)
        await pair.kill_and_restart(chance.randrange(2))


async def _empty_redis(redis: RedisProcess, count: int, within: float, chance: random.Random) -> None:
    for _ in range(count):
        await asyncio.sleep(chance.uniform(0.3, 1.0) * within / count)
        await asyncio.to_thread(redis.kill)
        await asyncio.sleep(chance.uniform(0.0, 1.5))
        await asyncio.to_thread(redis.start)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """What happened in one part."""

    audience: MixedAudience
    signals: int
    quotes: Events
    bars: Events
    prices: Prices
    kills: int
    retries: int
    seconds: float


async def _run(chosen: argparse.Namespace, database: Database, redis: RedisProcess, restarts: int) -> _Run:
    loop = asyncio.get_running_loop()
    chance = random.Random(chosen.seed)
    origin = await create_instruments_in(database, [*SIGNAL_SYMBOLS, *QUOTE_SYMBOLS, BAR_SYMBOL])
    audience = mixed_audience(chosen.clients, origin, chance)
    async with Pair(database.folder, {"redis_url": redis.url}) as pair:
        signals = NumberedSignals(publisher=Publisher(pair))
        prices = Prices(publisher=Publisher(pair, at=1), origin=origin)
        await prices.move(QUOTE_SYMBOLS)
        await prices.move_bar()
        async with listening(audience, pair):
            begun = loop.time()
            await _publish(chosen, pair, redis, restarts, signals, prices)
            # In one call, so that they are told of together.
            await signals.publish(range(chosen.signals, chosen.signals + _ALIKE))
            last = await prices.move(QUOTE_SYMBOLS)
            await prices.move_bar()
            await until(lambda: audience.has_heard(chosen.signals + _ALIKE, last, prices), _LATE_SECONDS)
            seconds = loop.time() - begun
            # What is told twice would be told now.
            await asyncio.sleep(_STILL_SECONDS)
        for publisher in (signals.publisher, prices.publisher):
            publisher.close()
        return _Run(
            audience=audience,
            signals=chosen.signals + _ALIKE,
            quotes=Events(prices.quotes),
            bars=Events(await bar_events(database.url)),
            prices=prices,
            kills=pair.kills,
            retries=signals.publisher.retries + prices.publisher.retries,
            seconds=seconds,
        )


async def _publish(
    chosen: argparse.Namespace, pair: Pair, redis: RedisProcess, restarts: int, signals: NumberedSignals, prices: Prices
) -> None:
    """Publishes all that is numbered while prices move, gateways are killed, and Redis is emptied."""
    kills = min(chosen.kills, 2) if restarts else chosen.kills
    within = chosen.signals / chosen.rate
    is_over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(prices.run(random.Random(chosen.seed), is_over, per_second=_MOVES_PER_SECOND))
        troubles = [
            group.create_task(_kill_gateways(pair, kills, within, random.Random(chosen.seed + 1))),
            group.create_task(_empty_redis(redis, restarts, within, random.Random(chosen.seed + 2))),
        ]
        await signals.run(range(chosen.signals), per_second=chosen.rate, chance=random.Random(chosen.seed + 3))
        await asyncio.gather(*troubles)
        is_over.set()


def _figures(run: _Run, prefix: str, words: str) -> Iterator[Figure]:
    """What was found in one part."""
    audience = run.audience
    orders = [
        order_of(one, [number for number in range(run.signals) if symbol_of(number) in one.wanted])
        for one in audience.every
    ]
    wrong = [
        text
        for listeners, events, is_list in ((audience.quotes, run.quotes, True), (audience.bars, run.bars, False))
        for one in listeners
        for text in wrongly_skipped(one, events, is_list=is_list)
    ]
    for text in wrong[:10]:
        print(f"not exact{words}: {text}", file=sys.stderr)
    messages = [message for one in audience for message in one.heard]
    resets = Counter(one.kind for one in audience for message in one.heard if message.is_reset)
    late = [one for one in (*audience.quotes, *audience.bars) if newest_prices(one) != run.prices.of(one.wanted)]
    alike = [count_of(one) for one in audience.equal]
    for key, what, value in (
        ("lost", "signals lost", sum(one.lost for one in orders)),
        ("repeated", "signals repeated", sum(one.repeated for one in orders)),
        ("disordered", "signals out of order", sum(one.disordered for one in orders)),
        ("alike", "signals that look alike, too many or too few", sum(abs(one - run.signals) for one in alike)),
        ("inexact", "messages whose skipped was not exact", len(wrong)),
        ("silent", "clients that were not told of the last price", len(late)),
        ("unreachable", "messages that the source cannot be reached", sum(one.status is not None for one in messages)),
        ("signal_resets", "resets of signals", resets[EventKind.SIGNALS]),
        ("bar_resets", "resets of candles", resets[EventKind.CANDLES]),
        ("quote_resets", "resets of quotes", resets[EventKind.QUOTES]),
        ("signals", "signals heard", sum(len(one.items) for each in audience.every for one in each.heard)),
        ("messages", "messages", len(messages)),
        ("skipped", "events of quotes and candles skipped", sum(one.skipped for one in messages)),
        ("resumes", "times that clients went on with a position", sum(one.resumes for one in audience)),
        ("kills", "times that a gateway was killed", run.kills),
        ("retries", "calls that were published again", run.retries),
        ("seconds", "seconds from the first signal until all was heard", run.seconds),
    ):
        yield Figure(key=f"{prefix}{key}", what=f"{what}{words}", value=value, unit="")


def _measured(chosen: argparse.Namespace, restarts: int) -> tuple[_Run, dict[str, str]]:
    with (
        temporary_database(redis=False) as database,
        running_redis() as redis,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_run(chosen, database, redis, restarts)), runner.run(server_versions(database))


def main() -> int:
    """Runs, and reports."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.kill", description=(__doc__ or "").partition("Seen to fail")[0]
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--signals", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=200, help="signals per second (default: 200)")
    parser.add_argument("--kills", type=int, default=5, help="of gateways (default: 5)")
    parser.add_argument("--restarts", type=int, default=2, help="of Redis, empty, in the second part (default: 2)")
    parser.add_argument("--parts", nargs="+", choices=("gateways", "redis"), default=["gateways", "redis"])
    parser.add_argument("--seed", type=int, default=1)
    add_report_options(parser)
    chosen = parser.parse_args()
    figures: list[Figure] = []
    versions: dict[str, str] = {}
    for part in chosen.parts:
        run, versions = _measured(chosen, chosen.restarts if part == "redis" else 0)
        prefix, words = ("", "") if part == "gateways" else ("redis_", ", with Redis emptied")
        figures += _figures(run, prefix, words)
    report = Report(
        scenario="kill",
        data=[
            f"{chosen.clients} clients, half over WebSocket and half over server-sent events, at two gateways",
            f"{chosen.signals:,} signals, {chosen.rate:g} each second, and {_ALIKE} more in one call",
            f"{chosen.kills} kills; then at most 2, and Redis is killed {chosen.restarts} times and comes back empty",
        ],
        figures=figures,
        servers=versions,
        is_short=chosen.signals < 10_000 or chosen.clients < 200,
    )
    return finished(report, chosen)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
