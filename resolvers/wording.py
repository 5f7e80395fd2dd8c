"""Words of a model, shared by all who ask about the same state of a market."""

import asyncio
import logging
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from resolvers.cache.held_words import HeldWords
from resolvers.cache.lease import Leases
from resolvers.cache.tiers import Tiers
from resolvers.compute.insights.checking import Refused, checked_words
from resolvers.compute.insights.template import VERSION, messages, response_format
from resolvers.model.facts import Facts, WordsKey
from resolvers.model.insight import ModelWords
from resolvers.model_endpoint.breaker import Breaker
from resolvers.model_endpoint.budget import Budget
from resolvers.model_endpoint.trouble import ModelTrouble, Trouble

if TYPE_CHECKING:
    from resolvers.model_endpoint.endpoint import ModelEndpoint

logger = logging.getLogger("gateway.insights")

_LEASE_MARGIN_SECONDS = 2.0
_LOOK_SECONDS = 0.1
# After a failure a state waits for so long, whoever asks; other states need not.
_PAUSE_SECONDS = 30.0
_MOST_PAUSES = 10_000


class Worded(NamedTuple):
    """
    What there is for a state.

    Attributes:
        words: None while nothing is there.
        is_new: Whether they came while this caller waited.
        is_coming: Whether they, or newer ones, are being asked for.
    """

    words: ModelWords | None
    is_new: bool
    is_coming: bool


class Wording:
    """
    Asks a model, once for each state of a market at a time, and keeps what it says.

    What is held is fresh for 60 to 90 s, and given for 60 s more while new words are asked for. It is held in the
    process and in Redis; one process asks for a state, and the others take its words from Redis.

    Args:
        wait_seconds: How long whoever finds nothing waits for an answer, at most.

    Attributes:
        counts: What the model was asked, as `loads`, and what came of it.
    """

    def __init__(
        self,
        *,
        endpoint: "ModelEndpoint",
        breaker: Breaker,
        budget: Budget,
        tiers: Tiers,
        timeout_seconds: float,
        wait_seconds: float,
    ) -> None:
        self._endpoint = endpoint
        self._breaker = breaker
        self._budget = budget
        self._tiers = tiers
        self._held = HeldWords(tiers)
        self.counts = tiers.counters.of(tiers.nouns.words.name)
        self._wait = wait_seconds
        redis = tiers.redis
        # A model takes longer than what leases are for elsewhere.
        self._leases = None if redis is None else Leases(redis, seconds=timeout_seconds + _LEASE_MARGIN_SECONDS)
        self._flights: dict[WordsKey, asyncio.Task[None]] = {}
        self._pauses: OrderedDict[WordsKey, float] = OrderedDict()

    def key(self, facts: Facts) -> WordsKey:
        """What shares the words for *facts*."""
        return WordsKey(model=self._endpoint.model, template=VERSION, state=facts.state)

    async def words(self, asked: Sequence[Facts], *, may_wait: bool) -> Mapping[Facts, Worded]:
        """
        What there is for each state; where it is not there or no longer fresh, the model is asked.

        Args:
            may_wait: Whether to wait for what is not there, all of it together for as long as is set.
        """
        began = self._tiers.clock()
        keys = {one: self.key(one) for one in asked}
        by_key = {key: one for one, key in keys.items()}
        await self._held.look_in_redis([key for key in by_key if not self._held.is_fresh(key)])
        missing = []
        for key, facts in by_key.items():
            if not self._held.is_fresh(key):
                self._begin(key, facts)
            if self._held.get(key) is None and key in self._flights:
                missing.append(key)
        if missing and may_wait and self._wait:
            # Each flight goes on for others when nobody waits any more.
            await asyncio.wait([self._flights[key] for key in missing], timeout=self._wait)
        return {facts: self._worded(key, began) for facts, key in keys.items()}

    def fresh(self, facts: Facts) -> Worded | None:
        """What the process holds for a state, if it is fresh: without waiting for anything."""
        key = self.key(facts)
        return self._worded(key, math.inf) if self._held.is_fresh(key) else None

    async def close(self) -> None:
        """Gives up what is being asked, and closes the connections to the model."""
        flights = list(self._flights.values())
        for one in flights:
            one.cancel()
        if flights:
            await asyncio.wait(flights)
        await self._endpoint.close()

    def _worded(self, key: WordsKey, began: float) -> Worded:
        held = self._held.get(key)
        return Worded(held, held is not None and held.made_at >= began, key in self._flights)

    def _begin(self, key: WordsKey, facts: Facts) -> None:
        """Lets somebody ask for *key*, unless somebody does, or it has failed a moment ago."""
        if key in self._flights or self._pauses.get(key, 0.0) > self._tiers.clock():
            return
        # Looked at once more when it is asked; here it saves Redis a question for each query.
        if self._breaker.is_resting or self._budget.is_spent:
            return
        task = self._flights[key] = asyncio.create_task(self._fly(key, facts))

        def ended(task: "asyncio.Task[None]") -> None:
            del self._flights[key]
            if not task.cancelled() and task.exception() is not None:
                logger.error("unforeseen error while a model was asked", exc_info=task.exception())

        task.add_done_callback(ended)

    async def _fly(self, key: WordsKey, facts: Facts) -> None:
        """Asks, unless another process does; then waits for what that one is told."""
        name, before = self._held.name(key), self._held.get(key)
        claim = None if self._leases is None else await self._leases.claim([name])
        if claim is None:
            await self._ask(key, facts)
            return
        if name in claim.found:
            self._held.take_over(key, name, claim.found[name])
        if self._held.is_fresh(key) and self._held.get(key) != before:
            await self._give_back(name, claim.ours)
        elif name in claim.ours:
            try:
                await self._ask(key, facts)
            finally:
                await self._give_back(name, claim.ours)
        else:
            await self._wait_for_another(key, name)

    async def _give_back(self, name: str, ours: frozenset[str]) -> None:
        if self._leases is not None and self._tiers.redis is not None and name in ours:
            await self._tiers.redis.send(self._leases.returns([name]))

    async def _wait_for_another(self, key: WordsKey, name: str) -> None:
        while self._leases is not None:
            await asyncio.sleep(_LOOK_SECONDS)
            seen = await self._leases.look([name])
            if seen is None:
                return
            found, leased = seen
            if name in found:
                self._held.take_over(key, name, found[name])
            if self._held.is_fresh(key) or name not in leased:
                return

    async def _ask(self, key: WordsKey, facts: Facts) -> None:
        """Asks the model, and holds what it says if it may be shown."""
        if not self._breaker.admits():
            return
        if not self._budget.take():
            self._breaker.given_up()
            return
        self.counts.loads += 1
        era = self._tiers.era
        try:
            content = await self._endpoint.answer(messages(facts), response_format(facts))
            words = checked_words(content, facts)
        except Refused as refusal:
            self._met(key, ModelTrouble(Trouble.REFUSED, str(refusal)))
        except ModelTrouble as trouble:
            self._met(key, trouble)
        except BaseException:
            self.counts.abandoned += 1
            self._breaker.given_up()
            raise
        else:
            self._breaker.succeeded()
            self.counts.loaded += 1
            if self._tiers.era == era:
                await self._held.store(
                    key,
                    ModelWords(
                        words=words,
                        bar=facts.bar,
                        close=facts.value("close"),
                        rsi=facts.value("rsi"),
                        trend=facts.trend,
                        fingerprint=facts.fingerprint,
                        confidence=facts.confidence,
                        made_at=self._tiers.clock(),
                    ),
                )

    def _met(self, key: WordsKey, trouble: ModelTrouble) -> None:
        self.counts.failed += 1
        logger.info("no words of the model for %s %s: %s", key.state.symbol, key.state.interval.name, trouble)
        self._breaker.failed(pause_seconds=trouble.pause_seconds)
        self._pauses[key] = self._tiers.clock() + _PAUSE_SECONDS
        while len(self._pauses) > _MOST_PAUSES:
            self._pauses.popitem(last=False)


def log_breaker(is_open: bool) -> None:
    """Says once that the model is left alone, and once that it is asked again."""
    if is_open:
        logger.warning("the model fails and is left alone for a while; insights are made by rules")
    else:
        logger.warning("the model answers again")
