"""Selections whose resolvers take long, or never answer."""

import asyncio

import pytest

from tests.gateway.streams.every import EVERY, SLOW, position_of, prices_of, rest_of, row, settings_of
from tests.gateway.streams.stage import Stage, Waiting, read, rows_of, stream_of


async def test_what_waits_for_a_resolver_has_a_bound() -> None:
    """Who watches it reads the rest as somebody who comes back does, when the resolver has answered."""
    stage = Stage(settings=settings_of(max_due_changes=100))
    slow, other = await stage.joined(SLOW), await stage.joined(EVERY)
    gate = asyncio.get_running_loop().create_future()
    stage.tell(stage.all.write(row(0, beside=Waiting(gate))))
    for number in range(1, 2_000):
        stage.tell(stage.all.write(row(number)))
        await asyncio.sleep(0)
        assert stage.hub.sizes["items"] <= 100
        assert (message := other.taken()) is None or prices_of(message)
    assert slow.taken() is None
    gate.set_result(None)
    assert await rest_of(stage, slow) == list(range(2_000))


async def test_a_resolver_that_never_answers_is_an_error_of_its_item() -> None:
    """Of the ones that wait with it too; what comes later is told as ever."""
    stage = Stage(settings=settings_of(execution_seconds=0.05))
    one = await stage.joined("subscription { everyOdd { price besideOrNone { name } } }")
    never = asyncio.get_running_loop().create_future()
    stage.tell(stage.all.write(row(0, beside=Waiting(never))))
    message = read(await anext(one))
    assert message["data"] == {"everyOdd": [None]}
    (error,) = message["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert error["message"] == "the selected fields of this item were not there within 0.05 s"
    stage.tell(stage.all.write(row(1)))
    assert rows_of(await anext(one)) == [{"price": 1.0, "besideOrNone": None}]


@pytest.mark.parametrize("position", [None, 0])
async def test_who_comes_to_a_resolver_that_never_answers_is_told(position: int | None) -> None:
    """For the first time, or again."""
    stage = Stage(settings=settings_of(execution_seconds=0.05))
    never = asyncio.get_running_loop().create_future()
    stage.all.write(row(0, beside=Waiting(never)))
    stage.hub.start()
    resume_from = None if position is None else position_of(position)
    one = await stage.join("subscription { everyOdd { price besideOrNone { name } } }", resume_from)
    message = read(await anext(one))
    assert [error["extensions"]["code"] for error in message["errors"]] == ["UNAVAILABLE"]


async def test_a_resolver_that_is_cancelled_by_others_is_an_error_of_its_item() -> None:
    """Its group goes on, and so does who begins with it."""
    stage = Stage(settings=settings_of())
    text = "subscription { everyOdd { price besideOrNone { name } } }"
    one = await stage.joined(text)
    gone = asyncio.get_running_loop().create_future()
    gone.cancel()
    stage.tell(stage.all.write(row(0, beside=Waiting(gone))))
    again = await stage.join(text, resume_from=position_of(0))
    for each in (one, again):
        async with asyncio.timeout(5):
            message = read(await anext(each))
        assert message["data"] == {"everyOdd": [None]}
        assert [error["extensions"]["code"] for error in message["errors"]] == ["INTERNAL"]
    stage.tell(stage.all.write(row(1)))
    assert rows_of(await anext(one)) == [{"price": 1.0, "besideOrNone": None}]


async def test_the_newest_of_what_waits_for_a_resolver_is_told() -> None:
    """With its next execution; the others are counted, and of each subject no more than the newest is held."""
    stage = Stage(settings=settings_of(execution_seconds=0.05))
    stage.latest.write(row(0))
    stage.hub.start()
    one = await stage.joined('subscription { someRows(names: ["a"]) { price besideOrNone { name } } }')
    never = asyncio.get_running_loop().create_future()
    stage.tell(stage.latest.write(row(1, beside=Waiting(never))))
    for number in range(2, 500):
        stage.tell(stage.latest.write(row(number)))
        await asyncio.sleep(0)
        assert stage.hub.sizes["items"] <= 2
    told, items = 0, None
    while items != [{"price": 499.0, "besideOrNone": None}]:
        message = await anext(one)
        (items,) = read(message)["data"].values()
        told += 1 + stream_of(message).get("skipped", 0)
    assert told == 499
