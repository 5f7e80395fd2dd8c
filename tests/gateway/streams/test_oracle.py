"""Every subscriber receives what an execution of its own would have given it."""

import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.streams.message import StreamMessage
from tests.gateway.streams.oracle import Expected, Listener, assert_said, executed
from tests.gateway.streams.stage import LATEST_FIELDS, SINGLE_FIELDS, WHOLE_FIELDS, Stage, stream_of
from tests.schema.odd_schema import WRONG, Act, LongerRow, Other, Row

_MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

_NAMES_WRITTEN = re.compile(r"\(names: \[[^\]]*\]")
_NAMES = ("a", "b", "c", "d")
_acts = st.builds(Act, st.sampled_from(["return", "raise", "await"]), st.sampled_from([1, 2, None, "text", "raise"]))
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "price": st.sampled_from([1.5, 2.5]) | st.sampled_from(list(WRONG)),
        "must": st.sampled_from([1.5, 2.5, None, "text"]),
        "hidden": _acts,
        "needed": _acts,
        "count": st.sampled_from([1, 2]),
    },
)


@st.composite
def _objects(draw: st.DrawFn, name: str) -> Any:
    """A row, most often a right one."""
    kind = draw(st.integers(0, 19))
    if kind == 0:
        return draw(st.sampled_from([None, ValueError("an object that failed"), Other(name=name)]))
    attributes: dict[str, Any] = draw(_attributes) if kind > 9 else {"price": draw(st.sampled_from([1.5, 2.5]))}
    inner: dict[str, Any] = draw(_attributes) if kind > 15 else {}
    below = [Row(name="below", **inner)] if kind > 15 else []
    return (LongerRow if kind == 1 else Row)(name=name, below=below, **attributes)


_LEAVES = (
    "name", "price", "must", "count", "__typename", "method", "mustMethod", "later", "mustLater", "a: price",
    "b: later",
    "scaled(by: $by)", "s: scaled(by: $five)", "t: scaled(offset: 1.5, by: 3)", "t: scaled(by: 3, offset: 1.5)",
    "u: scaled(by: $none)", "price @include(if: $yes)", "must @skip(if: $yes)", "later @skip(if: $no)",
    "others { name must }", "others { ...Deep }", "besideOrNone { name }", "... on Row { count name }",
    "... @include(if: $no) { count }", "...Common", "...Common @skip(if: $yes)", "... on Named { name ...Common }",
    "... { price }", "... on Named { ... on Row { whole } }",
)  # fmt: skip
_HEAD = (
    'subscription S($names: [String!]! = ["a", "b"], $yes: Boolean!, $no: Boolean = false,'
    " $by: Int, $five: Int = 5, $none: Int)"
)
_NAMED = "fragment Common on Row { name must ...Deep @skip(if: $no) } fragment Deep on Row { later x: whole }"
_USED = (
    "o1: __typename @include(if: $no) @skip(if: $yes) o2: scaled(by: $by) @include(if: $no)"
    " o3: scaled(by: $five) @include(if: $no) o4: scaled(by: $none) @include(if: $no) ...Common @include(if: $no)"
)


@st.composite
def _operations(
    draw: st.DrawFn, fields: tuple[str, ...] = LATEST_FIELDS
) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """A text, its variables, and the names that it watches."""
    field = draw(st.sampled_from(fields))
    selected = " ".join([*draw(st.lists(st.sampled_from(_LEAVES), max_size=4)), _USED])
    if field in ("named", "either"):
        own = draw(st.sampled_from(["__typename", "... on Named { name }", "... on Other { size }"]))
        selected = (
            f"{own} ... on Row {{ {selected} }} {draw(st.sampled_from(['', 'z: __typename', '... on Other { size }']))}"
        )
    alias = draw(st.sampled_from(["", "", "mine: "]))
    variables: dict[str, Any] = {"yes": True} | draw(
        st.fixed_dictionaries({}, optional={"by": st.sampled_from([0, 2, None]), "no": st.just(False)})
    )
    names = tuple(draw(st.lists(st.sampled_from(_NAMES), max_size=3, unique=True)))
    how = draw(st.sampled_from(["literal", "variable", "default"]))
    written = f"[{', '.join(repr(one) for one in names)}]".replace("'", '"')
    given_names = "$names"
    if how == "literal":
        given_names = written
    elif how == "variable":
        variables["names"] = list(names)
    else:
        names = ("a", "b")
    more = ""
    if field == "someRows":
        more = draw(
            st.sampled_from(["", ", first: $by", ", within: {high: $by, low: 1}", ", within: {low: 1, high: $by}"])
        )
        if "by" in variables and variables["by"] is None and "first" in more:
            more = ""
    if how == "literal":
        # A variable has to be used.
        selected += " o5: __typename"
        head = _HEAD.replace('$names: [String!]! = ["a", "b"], ', "")
    else:
        head = _HEAD
    if "first: $by" in more:
        head = head.replace("$by: Int,", "$by: Int = 4,")
    return f"{head} {{ {alias}{field}(names: {given_names}{more}) {{ {selected} }} }} {_NAMED}", variables, names


@st.composite
def _changes(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """What one event changes."""
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True))
    return [(name, draw(_objects(name))) for name in names]


_steps = st.lists(
    st.tuples(st.just("events"), st.lists(_changes(), min_size=1, max_size=3))
    | st.tuples(st.just("join"), st.integers(0, 2))
    | st.tuples(st.just("read"), st.integers(0, 5))
    | st.tuples(st.just("leave"), st.integers(0, 5)),
    min_size=3,
    max_size=14,
)


@_MANY
@given(operations=st.lists(_operations(), min_size=3, max_size=3), before=_changes(), steps=_steps)
async def test_of_the_newest_state_everybody_receives_what_is_theirs(
    operations: list[Any], before: list[tuple[str, Any]], steps: list[tuple[str, Any]]
) -> None:
    """Whatever they select, watch, join, read and leave; and what was skipped is counted."""
    stage = Stage()
    stage.latest.write(*before)
    stage.hub.start()
    here: list[tuple[Any, Listener]] = []
    for what, which in (("join", 0), ("join", 1), *steps, *[("read", number) for number in range(6)]):
        if what == "join" and len(here) < 6:
            text, variables, names = operations[which]
            subscriber = await stage.join(text, **variables)
            await stage.idle()
            listener = Listener(text, variables, names)
            expected = await listener.state(stage.latest.state)
            message = subscriber.taken()
            assert message is not None
            await assert_said(message.body, expected, text, variables)
            assert stream_of(message) == {}
            here.append((subscriber, listener))
        elif what == "events":
            events = [stage.latest.write(*changes) for changes in which]
            stage.tell(*events)
            await stage.idle()
            beat = [change for changes in which for change in changes]
            for _, listener in here:
                listener.hear(beat)
        elif what == "read" and which < len(here):
            subscriber, listener = here[which]
            due, message = await listener.take(), subscriber.taken()
            assert (message is None) == (due is None), listener.text
            if due is not None and message is not None:
                await assert_said(message.body, due[0], listener.text, listener.variables)
                assert stream_of(message) == ({"skipped": due[1]} if due[1] else {}), listener.text
        elif what == "leave" and which < len(here):
            await here.pop(which)[0].aclose()
    for subscriber, _ in here:
        await subscriber.aclose()


_MAYBE = 'subscription { maybeSingle(names: ["a"]) { name } }'


@_MANY
@given(
    operation=_operations(SINGLE_FIELDS),
    first=_objects("a"),
    beats=st.lists(st.tuples(st.lists(_changes(), max_size=3), st.booleans()), max_size=8),
)
@example(operation=(_MAYBE, {}, ()), first=None, beats=[([[("a", None)]], True)])
async def test_of_one_object_everybody_receives_what_is_theirs(operation: Any, first: Any, beats: list[Any]) -> None:
    """A field that is no list, as it would have been by itself; and the present state for who comes back."""
    await _receives_what_is_its(operation, first, beats)


_lists = st.lists(_objects("a"), max_size=3)


@_MANY
@given(
    operation=_operations(WHOLE_FIELDS),
    first=_lists,
    beats=st.lists(
        st.tuples(st.lists(st.tuples(st.just("a"), _lists).map(lambda one: [one]), max_size=3), st.booleans()),
        max_size=8,
    ),
)
async def test_of_a_whole_list_everybody_receives_all_of_it(operation: Any, first: Any, beats: list[Any]) -> None:
    """Each message has the list as it is then, with its errors where they are in it."""
    await _receives_what_is_its(operation, first, beats)


async def _receives_what_is_its(operation: Any, first: Any, beats: list[Any]) -> None:
    text, variables, _ = operation
    # One subject: that of its default and its variable too.
    text = _NAMES_WRITTEN.sub('(names: ["a"]', text).replace('["a", "b"]', '["a"]')
    variables = variables | ({"names": ["a"]} if "$names" in text else {})
    stage = Stage()
    stage.latest.write(("a", first))
    stage.hub.start()
    listener = Listener(text, variables, ("a",), is_list=False)
    subscriber = await stage.join(text, **variables)
    await stage.idle()
    message = subscriber.taken()
    assert message is not None
    await assert_said(message.body, await listener.state(stage.latest.state), text, variables)
    for beat, is_read in beats:
        stage.tell(*[stage.latest.write(*changes) for changes in beat])
        await stage.idle()
        listener.hear([change for changes in beat for change in changes])
        if not is_read:
            continue
        due, message = await listener.take(), subscriber.taken()
        assert (message is None) == (due is None), text
        if due is not None and message is not None:
            await assert_said(message.body, due[0], text, variables)
            assert stream_of(message) == ({"skipped": due[1]} if due[1] else {}), text
    await subscriber.aclose()


_all_operations = _operations(("everyRow", "everyOdd"))


@_MANY
@given(
    operations=st.lists(_all_operations, min_size=2, max_size=2),
    beats=st.lists(st.lists(_changes(), max_size=3), max_size=5),
)
async def test_of_all_everybody_receives_all_in_order(operations: list[Any], beats: list[Any]) -> None:
    """An item that nulls its list is alone in it."""
    stage = Stage()
    here = []
    for text, variables, names in operations:
        subscriber = await stage.joined(text, **variables)
        here.append((subscriber, text, variables, names))
    for beat in beats:
        stage.tell(*[stage.all.write(*changes) for changes in beat])
        await stage.idle()
    for subscriber, text, variables, names in here:
        due = [one for beat in beats for changes in beat for name, one in changes if name in names]
        alone = [await executed(text, variables, [one]) for one in due]
        while due:
            count = 1
            if not _nulls(alone[0]):
                while count < len(due) and not _nulls(alone[count]):
                    count += 1
            message = subscriber.taken()
            assert message is not None
            await assert_said(message.body, await executed(text, variables, due[:count]), text, variables)
            del due[:count], alone[:count]
        nothing: StreamMessage | None = subscriber.taken()
        assert nothing is None
        await subscriber.aclose()


def _nulls(expected: Expected) -> bool:
    return expected.data == b"null" or expected.data.endswith(b":null}")
