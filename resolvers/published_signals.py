"""Signals that clients publish: the good ones are stored, and the others are named."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from resolvers.compute.bar_rules import VALUE_LIMIT, plain
from resolvers.errors import BadInput, Conflict
from resolvers.given import GivenSignal, Refusal
from resolvers.given_bars import expected_time, is_bar_time
from resolvers.model.instrument import Instrument
from resolvers.model.signal import Direction, SignalDraft
from resolvers.model.stored_text import is_storable
from resolvers.publishing import Published, check_size, named_instruments, outcome
from resolvers.services import Services

RESERVED = "gateway"
"""What the producers of this gateway's own signals begin with."""

_PRICES = ("price", "entry", "stop", "target")
_LONGEST_NAME = 200
_LONGEST_RATIONALE = 4_000
_MOST_BARS = 100_000
_LAST_MOMENT = datetime(3000, 1, 1, tzinfo=UTC)

Fault = tuple[str, str]


async def publish_signals(services: Services, producer: str, items: Sequence[GivenSignal]) -> Published:
    """
    Stores the good signals of *items* in one transaction.

    Raises:
        BadInput: If *producer* is no name that a client may have.
        TooLarge: If there are more than one call may bring.
    """
    check_size("signals", len(items))
    _check_producer(producer)
    refusals: list[Refusal] = []
    instruments = await named_instruments(services, items, refusals)
    places: dict[str, int] = {}
    drafts: dict[str, SignalDraft] = {}
    accepted = 0
    for index, instrument in instruments.items():
        fault = next(_faults(items[index], services.clock()), None)
        if fault is not None:
            refusals.append(_bad(index, *fault))
            continue
        draft = _draft(producer, instrument, items[index])
        first = places.setdefault(draft.digest, index)
        if drafts.setdefault(draft.digest, draft) != draft:
            called = "what has no key" if draft.key is None else "a key"
            refusals.append(_bad(index, "key", f"{called} must be given once, differs from items[{first}]"))
            continue
        accepted += 1
    written, refused = await services.ingest.signals(list(drafts.values()))
    for index, instrument in instruments.items():
        item = items[index]
        if item.key is None or not refused or any(one.index == index for one in refusals):
            continue
        if _draft(producer, instrument, item).digest in refused:
            error = Conflict(f"the key {item.key[:40]!r} is that of a signal of another series or bar")
            refusals.append(Refusal(index=index, error=error, path=("key",)))
            accepted -= 1
    return await outcome(services, written, accepted, len(written.signals), refusals)


def _check_producer(producer: str) -> None:
    if not _is_name(producer):
        raise BadInput(f"producer must be 1 to {_LONGEST_NAME} printable characters, was {producer[:40]!r}")
    if producer.casefold().startswith(RESERVED):
        raise BadInput(f"producer must not begin with {RESERVED}, as this gateway's own do, was {producer[:40]!r}")


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_NAME and text.isprintable() and text == text.strip() and is_storable(text)


def _faults(item: GivenSignal, now: float) -> Iterator[Fault]:
    """What cannot be right of a signal: the field, and what was expected of it."""
    if item.key is not None and not _is_name(item.key):
        yield "key", f"key must be 1 to {_LONGEST_NAME} printable characters, was {item.key[:40]!r}"
    if not is_bar_time(item.interval, item.bar_time, now):
        yield "barTime", f"barTime {expected_time(item.interval)}, was {item.bar_time.isoformat()}"
    for name, value, least in (("score", item.score, -1), ("agreement", item.agreement, 0)):
        if not least <= value <= 1:
            yield name, f"{name} must be from {least} to 1, was {plain(value)}"
    if item.confidence is not None and not 0 <= item.confidence <= 1:
        yield "confidence", f"confidence must be from 0 to 1, was {plain(item.confidence)}"
    for name in _PRICES:
        value = getattr(item, name)
        if value is not None and not 0 < value < VALUE_LIMIT:
            yield name, f"{name} must be positive and below {VALUE_LIMIT:g}, was {plain(value)}"
    if item.horizon_bars is not None and not 1 <= item.horizon_bars <= _MOST_BARS:
        yield "horizonBars", f"horizonBars must be from 1 to {_MOST_BARS}, was {item.horizon_bars}"
    if item.valid_until is not None and not item.bar_time < item.valid_until < _LAST_MOMENT:
        yield "validUntil", f"validUntil must be after barTime, was {item.valid_until.isoformat()}"
    if not 0 < len(item.rationale.strip()) <= len(item.rationale) <= _LONGEST_RATIONALE:
        yield "rationale", f"rationale must be 1 to {_LONGEST_RATIONALE} characters, were {len(item.rationale)}"
    elif not is_storable(item.rationale):
        yield "rationale", "rationale must be text without NUL"
    yield from _contradictions(item)


def _contradictions(item: GivenSignal) -> Iterator[Fault]:
    """Fields of which each may be right, and not all together."""
    sign = {Direction.BUY: 1, Direction.SELL: -1}.get(item.direction)
    if sign is None:
        return
    if item.score * sign < 0:
        side = "at least" if sign > 0 else "at most"
        yield "score", f"score of a {item.direction} must be {side} 0, was {plain(item.score)}"
    entry = item.price if item.entry is None else item.entry
    for name, value, way in (("stop", item.stop, -sign), ("target", item.target, sign)):
        if value is not None and (value - entry) * way <= 0:
            side = "above" if way > 0 else "below"
            yield name, f"{name} of a {item.direction} must be {side} {plain(entry)}, was {plain(value)}"


def _draft(producer: str, instrument: Instrument, item: GivenSignal) -> SignalDraft:
    return SignalDraft(
        instrument_id=instrument.id,
        symbol=instrument.symbol,
        interval=item.interval,
        time=int(item.bar_time.timestamp()),
        direction=item.direction,
        strength=item.strength,
        score=float(item.score),
        agreement=float(item.agreement),
        confidence=item.confidence,
        price=item.price,
        entry=item.entry,
        stop=item.stop,
        target=item.target,
        horizon_bars=item.horizon_bars,
        valid_until=None if item.valid_until is None else item.valid_until.astimezone(UTC),
        rationale=item.rationale,
        producer=producer,
        key=item.key,
        is_cancelled=item.is_cancelled,
    )


def _bad(index: int, name: str, message: str) -> Refusal:
    return Refusal(index=index, error=BadInput(message), path=(name,))
