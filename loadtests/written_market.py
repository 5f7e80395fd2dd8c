"""Subjects that are written through two gateways and asked of both, with notes of all that was seen."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from loadtests.gateway_process import GatewayProcess
from loadtests.histories import QUESTIONS, History, Position, WrittenHistory
from loadtests.http_client import Connection, get, post
from loadtests.observations import Observation
from resolvers.events.position import parsed_position

_PUBLISH = {
    "candles": "mutation ($item: PublishedCandles!) { published: publishCandles(input: {items: [$item]})"
    " { stored position } }",
    "quotes": "mutation ($item: PublishedQuote!) { published: publishQuotes(input: {items: [$item]})"
    " { stored position } }",
    "signals": "mutation ($item: PublishedSignal!) { published: publishSignals(input:"
    ' {producer: "loadtest", items: [$item]}) { stored position } }',
}


@dataclass(kw_only=True, slots=True)
class Market:
    """
    What is written and asked.

    Attributes:
        newest: The position of the last write that was acknowledged, as a client holds it.
        held: Whether the reader of each process is held.
    """

    gateways: Sequence[GatewayProcess]
    origin: str
    subjects: Sequence[WrittenHistory]
    newest: str | None = None
    held: list[bool] = field(default_factory=lambda: [False, False])
    observations: list[Observation] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    is_over: bool = False

    async def publish(
        self, connections: Sequence[Connection], one: History, item: dict[str, Any], process: int
    ) -> None:
        """Publishes the newest version of a subject through a process."""
        number = len(one.versions) - 1
        body = orjson.dumps({"query": _PUBLISH[one.kind], "variables": {"item": item}})
        _, answer = await connections[process].exchange(post("/graphql", body))
        published = (orjson.loads(answer).get("data") or {}).get("published")
        if published is None or not published["stored"]:
            raise RuntimeError(f"publishing was answered {answer[:300]!r}")
        self.newest = published["position"]
        one.acknowledged(number, process, self._position(published["position"]))

    def _position(self, text: str) -> Position:
        return {kind.value: number for kind, number in parsed_position(text, self.origin).items()}

    async def ask(self, connection: Connection, process: int, chance: random.Random) -> None:
        """Asks one question, or two in one operation."""
        pairs = [
            (one, chance.choice(QUESTIONS[one.kind])) for one in chance.sample(self.subjects, chance.choice((1, 1, 2)))
        ]
        query = " ".join(
            f"part{at}: {question.field.replace('$symbol', chr(34) + one.symbol + chr(34))}"
            for at, (one, question) in enumerate(pairs)
        )
        after = self.newest if chance.random() < 0.3 else None
        asked: dict[str, Any] = {"query": f"{{ {query} }}"}
        if after is not None:
            asked["extensions"] = {"after": after}
        own = [one.own.get(process, -1) for one, _ in pairs]
        newest = [max(one.own.values(), default=-1) for one, _ in pairs]
        is_held = self.held[process]
        if chance.random() < 0.5:
            request = post("/graphql", orjson.dumps(asked))
        else:
            extensions = {name: orjson.dumps(value).decode() for name, value in asked.items() if name != "query"}
            request = get("/graphql?" + urlencode({"query": asked["query"]} | extensions))
        head, body = await connection.whole(request)
        answer = orjson.loads(body)
        if "errors" in answer:
            self.refusals.append(answer["errors"][0]["message"])
            return
        heard = head.partition(b"\r\nx-heard: ")[2].partition(b"\r\n")[0].decode()
        position = {kind: int(number) for kind, _, number in (one.partition("=") for one in heard.split(","))}
        for at, (one, question) in enumerate(pairs):
            self.observations.append(
                Observation(
                    history=one,
                    question=question,
                    answer=question.given(answer["data"][f"part{at}"]),
                    process=process,
                    heard=position,
                    own=own[at],
                    after=None if after is None else self._position(after),
                    given=len(one.versions) - 1,
                    newest=newest[at],
                    is_held=is_held,
                )
            )
