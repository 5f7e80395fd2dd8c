"""The outcome of an operation whose answer others may share."""

import time
from collections.abc import Awaitable, Callable, Hashable

from gateway.endpoint.cache_trace import response_tier
from gateway.endpoint.outcome import Outcome
from gateway.endpoint.response_cache import Answer, ResponseCache


async def shared_outcome(
    responses: ResponseCache, key: Hashable, execution: Callable[[], Awaitable[Outcome]]
) -> Outcome:
    """The kept answer, that of an execution which is going on, or the outcome of *execution* where there is neither."""
    own: list[Outcome] = []

    async def make() -> Answer | None:
        own.append(await execution())
        return own[0].answer if own[0].may_be_kept else None

    answer = await responses.answer(key, make)
    if not own:
        assert answer is not None  # noqa: S101 - only one that was made here is not to be shared
        return Outcome(status=200, answer=answer, key=key, tiers=response_tier(time.time() - answer.made))
    if answer is not None:
        own[0].key = key
    return own[0]
