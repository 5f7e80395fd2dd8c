"""
The hub without sockets: ``python -m loadtests.hub``.

How long one event takes until it waits in every subscriber's outbox and each has taken its message, beside a bare loop
that puts the same bytes into as many queues and takes them out; how long queueing alone takes; what a subscriber takes
of memory; and what a second of the fan-out promise costs.
"""

import asyncio
import gc
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.endpoint.documents import Documents
from gateway.streams.all_outbox import AllOutbox
from gateway.streams.hub import Hub
from gateway.streams.hub_settings import HubSettings
from gateway.streams.item import Item
from gateway.streams.latest_outbox import LatestOutbox
from gateway.streams.source import Audience, Change, Known, Mode
from gateway.streams.subscriber import Subscriber
from resolvers.model.event import Event, EventKind
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec, Source
from resolvers.model.quote import Quote
from schema.build import build_schema
from schema.limits import Limits
from schema.market import QuoteType

_SCHEMA = build_schema()._schema
_SUBSCRIBERS = 1_000
_ROUNDS = 30
_AS_OF = datetime(2024, 1, 2, tzinfo=UTC)


class _Quotes:
    """Quotes that are made up."""

    field = "quotes"
    kind = EventKind.QUOTES
    mode = Mode.LATEST
    audience_arguments = frozenset({"symbols"})
    origin = "0a1b2c3d"
    position = {EventKind.QUOTES: 0}  # noqa: RUF012

    async def audience(self, arguments: dict[str, Any]) -> Audience:
        """Those symbols."""
        return Audience(subjects=tuple(arguments["symbols"]))

    def changes(self, event: Event) -> list[Change]:
        """One quote."""
        return [event.body["change"]]

    async def snapshot(self, audience: Audience) -> Known:
        """Every symbol has a quote."""
        return Known(changes=[_change(one, 0, 1.0) for one in audience.subjects or ()], number=0)

    async def since(self, number: int, most: int) -> Known | None:
        """Nothing is held."""
        return None

    def objects(self, changes: Sequence[Change]) -> list[Any]:
        """As they are."""
        return [one.value for one in changes]


def _change(symbol: str, number: int, price: float) -> Change:
    quote = Quote(
        instrument_id=1,
        price=price,
        bid=price - 0.01,
        ask=price + 0.01,
        volume=12345.0,
        as_of=_AS_OF,
        source=Source.SIMULATED,
    )
    instrument = Instrument(id=1, spec=InstrumentSpec(symbol=symbol, asset_class=AssetClass.EQUITY))
    return Change(subject=symbol, number=number, value=QuoteType.of(instrument, quote))


def _event(symbol: str, number: int) -> Event:
    change = _change(symbol, number, 100 + number / 7)
    return Event(kind=EventKind.QUOTES, number=number, revisions={}, body={"change": change})


class _Audience:
    """A hub with subscribers."""

    def __init__(self, *, beat_seconds: float) -> None:
        source = _Quotes()
        self.hub = Hub(
            _SCHEMA,
            [source],
            new_context=lambda _: None,
            follower=source,
            settings=HubSettings(beat_seconds=beat_seconds),
        )
        self.documents = Documents(_SCHEMA, Limits())
        self.subscribers: list[Subscriber] = []

    async def join(self, symbols: Sequence[str], *, selection: int = 0, throttle_ms: int = 0) -> None:
        """One subscriber more."""
        text = "subscription ($s: [String!]!) { quotes(symbols: $s) { id price bid asOf"
        text += f" s{selection}: volume }} }}"
        if throttle_ms:
            text = text.replace(") {", f") @throttle(ms: {throttle_ms}) {{", 1)
        operation = self.documents.get(text).operation()
        self.subscribers.append(await self.hub.subscribe(operation, {"s": list(symbols)}))

    async def idle(self) -> None:
        """Waits until all is told."""
        while not self.hub.is_idle:  # noqa: ASYNC110 - there is no one thing to wait for
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Lets everybody go."""
        for one in self.subscribers:
            await one.aclose()


def _best(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(_ROUNDS))


async def broadcast() -> tuple[float, float]:
    """Seconds for one event to all subscribers' hands, and the same by the bare loop."""
    audience = _Audience(beat_seconds=0.0)
    for number in range(_SUBSCRIBERS):
        await audience.join(["A", f"other{number % 19}"])
    await audience.idle()
    for one in audience.subscribers:
        one.taken()
    readers = [asyncio.ensure_future(_count(one)) for one in audience.subscribers]
    await asyncio.sleep(0)
    ours, bare = [], []
    queues: list[asyncio.Queue[bytes]] = [asyncio.Queue() for _ in range(_SUBSCRIBERS)]
    body = b"x" * 250
    for number in range(1, _ROUNDS + 1):
        told = asyncio.get_running_loop().create_future()
        _count_down.update(left=_SUBSCRIBERS, told=told)
        began = time.perf_counter()
        audience.hub.on_event(_event("A", number))
        await told
        ours.append(time.perf_counter() - began)
        takers = [asyncio.ensure_future(queue.get()) for queue in queues]
        await asyncio.sleep(0)
        began = time.perf_counter()
        for queue in queues:
            queue.put_nowait(body)
        await asyncio.gather(*takers)
        bare.append(time.perf_counter() - began)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    await audience.close()
    return min(ours), min(bare)


_count_down: dict[str, Any] = {}


async def _count(one: Subscriber) -> None:
    async for _ in one:
        _count_down["left"] -= 1
        if not _count_down["left"]:
            _count_down["told"].set_result(None)


def queueing(kind: str) -> tuple[float, float]:
    """Seconds for 1,000 messages into outboxes, each its own, and into bare queues."""
    item = Item(body=b"x" * 120, number=1)

    def ours() -> float:
        made: type[LatestOutbox | AllOutbox] = LatestOutbox if kind == "latest" else AllOutbox
        puts = [made(most_bytes=1_000_000, nulls=True).put for _ in range(1_000)]
        began = time.perf_counter()
        for put in puts:
            put("A", item, 1, 1)
        return time.perf_counter() - began

    def bare() -> float:
        puts = [deque[Item]().append for _ in range(1_000)]
        began = time.perf_counter()
        for put in puts:
            put(item)
        return time.perf_counter() - began

    return _best(ours), _best(bare)


async def fan_out(*, throttle_ms: int, seconds: float) -> tuple[float, int, int, float]:
    """
    1,000 events/s over 500 symbols to 1,000 subscribers of 20 symbols with 20 selections, who all read.

    Returns:
        The share of a core, messages, executions, and the most processor time between two turns of a clock of 1 ms.
    """
    audience = _Audience(beat_seconds=0.05)
    for number in range(_SUBSCRIBERS):
        symbols = [f"S{(number * 7 + step * 25) % 500}" for step in range(20)]
        await audience.join(symbols, selection=number % 20, throttle_ms=throttle_ms)
    await audience.idle()
    messages = 0

    async def read(one: Subscriber) -> None:
        nonlocal messages
        async for _ in one:
            messages += 1

    readers = [asyncio.ensure_future(read(one)) for one in audience.subscribers]
    await asyncio.sleep(0.1)
    # Looking through all that is held for garbage takes 50 to 90 ms; a server that is ready has frozen it.
    gc.collect()
    gc.freeze()
    messages, executions, number, longest = 0, audience.hub.executions.count, 0, 0.0
    began, busy = time.perf_counter(), time.process_time()
    last = time.thread_time()
    while (now := time.perf_counter()) < began + seconds:
        # Processor time: what others take of the machine is none of ours.
        longest, last = max(longest, time.thread_time() - last), time.thread_time()
        while number < (now - began) * 1000:
            number += 1
            audience.hub.on_event(_event(f"S{number * 37 % 500}", number))
        await asyncio.sleep(0.001)
    share = (time.process_time() - busy) / seconds
    executions = audience.hub.executions.count - executions
    gc.unfreeze()
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    await audience.close()
    return share, messages, executions, longest


async def memory() -> tuple[float, float]:
    """KiB of one of 10,000 subscribers with 20 symbols each and 50 selections, and seconds for all to join."""
    audience = _Audience(beat_seconds=0.05)
    await audience.join(["S0"])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(10_000):
        await audience.join([f"S{(number + step) % 500}" for step in range(20)], selection=number % 50)
    await audience.idle()
    for one in audience.subscribers:
        one.taken()
    taken = (tracemalloc.get_traced_memory()[0] - before) / 10_000 / 1024
    tracemalloc.stop()
    await audience.close()
    audience = _Audience(beat_seconds=0.05)
    began = time.perf_counter()
    for number in range(10_000):
        await audience.join([f"S{(number + step) % 500}" for step in range(20)], selection=number % 50)
    await audience.idle()
    joined = time.perf_counter() - began
    await audience.close()
    return taken, joined


def main() -> None:
    """Prints all figures."""
    ours, bare = asyncio.run(broadcast())
    print(f"one event to {_SUBSCRIBERS:,} subscribers' hands: {ours * 1e3:.2f} ms, bare {bare * 1e3:.2f} ms,"
          f" ratio {ours / bare:.2f}")  # fmt: skip
    for kind in ("latest", "all"):
        ours, bare = queueing(kind)
        print(
            f"queueing 1,000 messages ({kind}): {ours * 1e3:.3f} ms, bare {bare * 1e3:.3f} ms, ratio {ours / bare:.1f}"
        )
    for throttle_ms in (0, 500):
        share, messages, executions, longest = asyncio.run(fan_out(throttle_ms=throttle_ms, seconds=5.0))
        print(f"1,000 events/s, 1,000 subscribers, throttle {throttle_ms} ms: {share:.2f} of a core,"
              f" {messages / 5:,.0f} messages/s, {executions / 5:,.0f} executions/s,"
              f" event loop busy at most {longest * 1e3:.0f} ms")  # fmt: skip
    size, seconds = asyncio.run(memory())
    print(f"10,000 subscribers, 50 selections: {size:.1f} KiB each, {seconds:.2f} s to join")


if __name__ == "__main__":
    main()
