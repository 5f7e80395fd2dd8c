"""``extensions.cache``: which tier served what, for a request that asks for it by ``X-Gateway-Trace: cache``."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.endpoint.encoding import encoded
from gateway.endpoint.outcome import Outcome, Tiers
from gateway.endpoint.response_cache import Answer


def is_asked_for(given: Mapping[bytes, bytes]) -> bool:
    """Whether the headers of a request ask for it, alone or beside other names."""
    names = given.get(b"x-gateway-trace")
    return names is not None and any(name.strip().lower() == b"cache" for name in names.split(b","))


def response_tier(age: float) -> Tiers:
    """What an answer was made of that was made *age* seconds ago, for somebody else."""
    return {("response", "response"): (1, max(0.0, age))}


def traced(outcome: Outcome) -> Outcome:
    """The outcome with ``extensions.cache``. It is of one request, so nobody may keep it."""
    if outcome.tiers is None:
        return outcome
    told = [
        {"noun": noun, "tier": str(tier), "count": count, "ageSeconds": round(oldest, 6)}
        for (noun, tier), (count, oldest) in sorted(outcome.tiers.items())
    ]
    # A new answer: the old one may be everybody's.
    answer = Answer(with_extension(outcome.answer.body, "cache", told))
    return Outcome(status=outcome.status, answer=answer, tiers=outcome.tiers)


def with_extension(body: bytes, name: str, value: object) -> bytes:
    """The body of an answer with one more extension."""
    if b'"extensions":' not in body:
        return body[:-1] + b',"extensions":' + encoded({name: value}) + b"}"
    # Those of errors, as a rule. The standard library keeps whole numbers of any size.
    answer: dict[str, Any] = json.loads(body)
    return encoded({**answer, "extensions": {**answer.get("extensions", {}), name: value}})
