"""``extensions.cache``: which tier served what, for a request that asks for it by ``X-Gateway-Trace: cache``."""

import json
from typing import Any

from starlette.requests import Request

from gateway.endpoint.encoding import encoded
from gateway.endpoint.outcome import Outcome, Tiers
from gateway.endpoint.response_cache import Answer


def is_asked_for(request: Request) -> bool:
    """Whether a request asks for it, alone or beside other names."""
    return any(name.strip().lower() == "cache" for name in request.headers.get("x-gateway-trace", "").split(","))


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
