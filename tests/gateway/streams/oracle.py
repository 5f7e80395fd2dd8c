"""What each subscriber should receive, by graphql-core's own executor on the subscriber's own operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import ExecutionResult, parse
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable

from schema.errors import client_error
from tests.gateway.streams.live_schema import LIVE


@dataclass
class Expected:
    """
    An answer: data as JSON, and the errors without places.

    Attributes:
        possible: Messages that its errors may have had instead, where several items fail and the list is null.
    """

    data: bytes
    errors: list[Any]
    possible: frozenset[str] = frozenset()


async def executed(
    text: str, variables: Mapping[str, Any], objects: Sequence[Any], *, is_list: bool = True
) -> Expected:
    """A subscription's answer to one event, whose value is the list of *objects*, or the one that there is."""
    executor: Any = Executor.build(
        LIVE,
        parse(text),
        root_value=list(objects) if is_list else objects[0],
        context_value={},
        raw_variable_values=dict(variables),
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
    )
    assert not isinstance(executor, list), (text, executor)
    result: Any = executor.execute_operation()
    if optimized_is_awaitable(result):
        result = await result
    assert isinstance(result, ExecutionResult)
    errors = [dict(client_error(one).formatted) for one in result.errors or ()]
    for one in errors:
        one.pop("locations", None)
    expected = Expected(orjson.dumps(result.data), errors)
    if is_list and len(objects) > 1 and errors and _is_nulled(expected):
        # Which of several failing items is met first depends on who waits for what; so does what is dropped with it.
        alone = [await executed(text, variables, [one]) for one in objects]
        expected.possible = frozenset(error["message"] for one in alone for error in one.errors)
    return expected


@dataclass
class Listener:
    """
    A subscriber as the contract has it.

    Attributes:
        pending: What has changed since its last message, newest objects by name.
        events: How many changes those were.
        sent: What it holds, as its own execution would have said it.
        is_list: Whether its field is a list.
    """

    text: str
    variables: Mapping[str, Any]
    names: Sequence[str]
    pending: dict[str, Any] = field(default_factory=dict)
    events: int = 0
    sent: dict[str, bytes] = field(default_factory=dict)
    is_list: bool = True

    def hear(self, changes: Sequence[tuple[str, Any]]) -> None:
        """Takes the changes of one beat."""
        for name, one in changes:
            if name in self.names:
                self.pending[name] = one
                self.events += 1

    async def state(self, state: Mapping[str, Any]) -> Expected:
        """Its first message."""
        shown = {name: state[name] for name in dict.fromkeys(self.names) if name in state}
        self.sent.clear()
        return await self._said(shown)

    async def take(self) -> tuple[Expected, int] | None:
        """Its next message and what it skips; None for nothing to say."""
        shown = {}
        for name, one in self.pending.items():
            alone = await self._executed([one])
            if alone.errors or self.sent.get(name) != alone.data:
                shown[name] = one
        self.pending.clear()
        if not shown:
            return None
        expected = await self._said(shown)
        skipped = self.events - (0 if self._is_lost(expected) else len(shown))
        self.events = 0
        return expected, skipped

    async def _executed(self, objects: Sequence[Any]) -> Expected:
        return await executed(self.text, self.variables, objects, is_list=self.is_list)

    async def _said(self, shown: Mapping[str, Any]) -> Expected:
        expected = await self._executed(list(shown.values()))
        if not self._is_lost(expected):
            for name, one in shown.items():
                alone = await self._executed([one])
                self.sent.pop(name, None)
                if not alone.errors:
                    self.sent[name] = alone.data
        return expected

    def _is_lost(self, expected: Expected) -> bool:
        """Whether nothing of what was to be shown is; null is a value of a field that may be null by itself."""
        return _is_nulled(expected) if self.is_list else expected.data == b"null"


def _is_nulled(expected: Expected) -> bool:
    data = orjson.loads(expected.data)
    return data is None or None in data.values()


async def assert_said(body: bytes, expected: Expected, text: str, variables: Mapping[str, Any]) -> None:
    """A message says what was expected; of a list that is null, errors that its items have, the first to null it."""
    answer = orjson.loads(body)
    data = body.split(b',"errors":')[0].split(b',"extensions":')[0].removeprefix(b'{"data":')
    assert data == expected.data, (text, variables)
    errors = answer.get("errors", [])
    if _is_nulled(expected) and expected.errors:
        assert errors, text
        possible = expected.possible | {one["message"] for one in expected.errors}
        assert {one["message"] for one in errors} & possible, (errors, expected)
    else:
        assert sorted(map(repr, errors)) == sorted(map(repr, expected.errors)), (text, variables)
