"""Signals that a write has changed, as the events tell them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from resolvers.model.event import SIGNALS, signals_subject
from resolvers.model.interval import Interval
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, Strength
from resolvers.storage.outbox import Draft


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedSignal:
    """
    A signal as it is now.

    Attributes:
        revision: Of the signal: how often it was written otherwise, from 1.
        is_streamed: As of its draft.
    """

    signal: Signal
    revision: int
    is_streamed: bool = True


def signal_drafts(changed: Sequence[ChangedSignal], revision: int, instrument_ids: Collection[int]) -> list[Draft]:
    """
    An event for each signal that is news, in their order, and one without a signal where none is.

    The first moves all instruments of the write, so that nobody who hears them one by one knows a part of it alone. The
    others move their own: one that named none would be of all.

    Args:
        revision: Of all signals, and of those of each instrument.
        instrument_ids: Of which signals are new or different, news or not.
    """
    of_all = {SIGNALS: revision} | dict.fromkeys(map(signals_subject, sorted(instrument_ids)), revision)
    told = [
        Draft(
            revisions={SIGNALS: revision, signals_subject(one.signal.instrument_id): revision} if place else of_all,
            body={"revision": one.revision, "signal": told_signal(one.signal)},
        )
        for place, one in enumerate(one for one in changed if one.is_streamed)
    ]
    return told or [Draft(revisions=of_all)]


def told_signal(signal: Signal) -> dict[str, Any]:
    """A signal as an event has it; moments are RFC 3339 in UTC once they are written."""
    return {
        "id": signal.digest,
        "instrument": signal.instrument_id,
        "symbol": signal.symbol,
        "interval": signal.interval.name,
        "time": signal.time,
        "direction": signal.direction.value,
        "strength": signal.strength.value,
        "score": signal.score,
        "agreement": signal.agreement,
        "confidence": signal.confidence,
        "basis": None if signal.basis is None else asdict(signal.basis),
        "price": signal.price,
        "entry": signal.entry,
        "stop": signal.stop,
        "target": signal.target,
        "horizonBars": signal.horizon_bars,
        "validUntil": signal.valid_until,
        "rationale": signal.rationale,
        "votes": None if signal.votes is None else signal.votes.hex(),
        "measures": None if signal.measures is None else signal.measures.hex(),
        "producer": signal.producer,
        "createdAt": signal.created_at,
        "isCancelled": signal.is_cancelled,
        "isSuperseded": signal.is_superseded,
    }


def signal_told(told: Mapping[str, Any]) -> Signal:
    """The signal of which `told_signal` has told, also after that was written and read as JSON."""
    valid_until = told["validUntil"]
    # Events of before they had these are still kept for a day.
    basis, votes, measures = told.get("basis"), told.get("votes"), told.get("measures")
    return Signal(
        digest=told["id"],
        instrument_id=told["instrument"],
        symbol=told["symbol"],
        interval=Interval[told["interval"]],
        time=told["time"],
        direction=Direction(told["direction"]),
        strength=Strength(told["strength"]),
        score=told["score"],
        agreement=told["agreement"],
        confidence=told["confidence"],
        basis=None if basis is None else ConfidenceBasis(**basis),
        price=told["price"],
        entry=told["entry"],
        stop=told["stop"],
        target=told["target"],
        horizon_bars=told["horizonBars"],
        valid_until=None if valid_until is None else _moment(valid_until),
        rationale=told["rationale"],
        votes=None if votes is None else bytes.fromhex(votes),
        measures=None if measures is None else bytes.fromhex(measures),
        producer=told["producer"],
        created_at=_moment(told["createdAt"]),
        is_cancelled=told["isCancelled"],
        is_superseded=told["isSuperseded"],
    )


def _moment(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
