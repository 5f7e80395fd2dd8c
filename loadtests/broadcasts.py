"""One event to all subscribers, beside a server that does nothing but send the same bytes."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from loadtests.clock import settled
from loadtests.http_client import Connection, post
from loadtests.receivers import Receivers
from loadtests.watch_lists import operation, watched

_PUBLISH = """mutation ($items: [PublishedQuote!]!) {
  published: publishQuotes(input: {items: $items}) { stored errors { message } } }"""
_SELECTED = 63
_QUIET_SECONDS = 0.1


@dataclass(slots=True, kw_only=True)
class Rounds:
    """
    Seconds from the publish call to the last receipt, and what was wrong.

    Attributes:
        answers: Seconds from the publish call to its answer, of the gateway.
    """

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    size_bytes: int = 0
    faults: list[str] = field(default_factory=list)


async def publish(connection: Connection, symbols: Sequence[str], price: int) -> None:
    """
    Publishes a price of each symbol through the API.

    Raises:
        RuntimeError: If not all of them are stored.
    """
    moment = datetime.now(UTC).isoformat()
    items = [
        {"symbol": one, "price": price, "asOf": moment, "bid": price - 0.01, "ask": price + 0.01, "volume": 10 * price}
        for one in symbols
    ]
    body = orjson.dumps({"query": _PUBLISH, "variables": {"items": items}})
    status, answer = await connection.exchange(post("/graphql", body))
    published = orjson.loads(answer)["data"]["published"] if status == 200 else None
    if published is None or published["errors"] or published["stored"] != len(symbols):
        raise RuntimeError(f"publishing ended with {status}: {answer[:300]!r}")


async def one_event(
    gateway_port: int, bare_port: int, symbols: Sequence[str], *, subscribers: int, rounds: int, first: int
) -> Rounds:
    """
    Publishes one quote at a time, and lets the bare server broadcast what the gateway has sent for it, in turns.

    Every subscriber watches the symbol that moves, and nineteen others of its own, in one selection.

    Args:
        first: The price to begin with.
    """
    found = Rounds()
    moved, others = symbols[0], symbols[1:]
    asked = [[operation("1", [moved, *watched(others, one)[1:]], _SELECTED)] for one in range(subscribers)]
    ours = await Receivers.open(gateway_port, asked)
    bare = await Receivers.open(bare_port, [()] * subscribers, speaks=False)
    await settled(gateway_port)
    publishing, posting = await Connection.open(gateway_port), await Connection.open(bare_port)
    for price in range(first, first + rounds):
        ours.forget()
        bare.forget()
        begun = time.time()
        expected = ours.tally.count + subscribers
        await publish(publishing, [moved], price)
        found.answers.append(time.time() - begun)
        await ours.tally.reach(expected)
        found.ours.append(ours.tally.last - begun)
        text = ours.all[0].kept[0][1]
        found.size_bytes = len(text)
        _judge(found, ours, text, price)
        await asyncio.sleep(_QUIET_SECONDS * random.uniform(1, 1.5))
        begun = time.time()
        expected = bare.tally.count + subscribers
        status, _ = await posting.exchange(post("/", text))
        await bare.tally.reach(expected)
        found.bare.append(bare.tally.last - begun)
        if status != 200 or {one.kept[0][1] for one in bare.all} != {text}:
            found.faults.append("the bare server sent something else")
        await asyncio.sleep(_QUIET_SECONDS * random.uniform(1, 1.5))
    found.faults += ours.faults() + bare.faults()
    publishing.close()
    posting.close()
    await ours.close()
    await bare.close()
    return found


def _judge(found: Rounds, ours: Receivers, text: bytes, price: int) -> None:
    """All were sent the same, which is the price that was published."""
    payload = orjson.loads(text)["payload"]
    (item,) = payload["data"]["quotes"]
    if item["price"] != price or "errors" in payload:
        found.faults.append(f"{price} was published, told was {text[:200]!r}")
    if any([one[1] for one in each.kept] != [text] for each in ours.all):
        found.faults.append("not everybody was sent the same message once")
