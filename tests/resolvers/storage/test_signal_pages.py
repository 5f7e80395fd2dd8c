"""Pages of signals, compared with picking from all of them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from resolvers.errors import BadInput
from resolvers.model.interval import Interval
from resolvers.model.measures import Measures
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, SignalStatus
from resolvers.model.signal_page import SignalConditions, SignalKey, SignalOrder, SignalPage
from resolvers.storage.pool import Pool
from resolvers.storage.signal_pages import (
    next_expiry,
    read_counts_of,
    read_pages_of,
    read_signal_count,
    read_signal_page,
    read_signals,
)
from tests.bars import NOON, instrument
from tests.signals import draft, moment, store

_DAY = 86_400
_NOW = NOON + 40


async def _stored(pool: Pool) -> tuple[list[Signal], list[int]]:
    """Two hundred signals of four instruments over three years, and the ids of the instruments."""
    chance = random.Random(7)
    many = [await instrument(pool, f"S{number}") for number in range(4)]
    drafts = [
        draft(
            chance.choice(many),
            key=f"{number}",
            time=NOON + chance.randint(-3, 3) * 150 * _DAY,
            interval=chance.choice((Interval.H1, Interval.D1)),
            producer=chance.choice(("desk", "others")),
            direction=chance.choice(tuple(Direction)),
            score=round(chance.uniform(-1, 1), 1),
            confidence=chance.choice((None, 0.25, 0.5)),
            basis=chance.choice((None, ConfidenceBasis(fit="2024-02-5-0123456789ab", base_rate=0.5, cases=number))),
            rationale=chance.choice((None, "Two of three averages rise.")),
            votes=chance.choice((None, bytes([number, 255]))),
            measures=chance.choice((None, Measures(*[float(number)] * 8).stored())),
            valid_until=chance.choice((None, moment(NOON + 20), moment(NOON + 60))),
            is_cancelled=chance.random() < 0.2,
        )
        for number in range(200)
    ]
    changed = await store(pool, *drafts)
    return [one.signal for one in changed], [one.id for one in many]


def _sorted(signals: Sequence[Signal], order: SignalOrder) -> list[Signal]:
    return sorted(signals, key=lambda one: (one.time, one.digest), reverse=order is SignalOrder.NEWEST)


_CONDITIONS: list[dict[str, Any]] = [
    {},
    *({"status": status} for status in SignalStatus),
    *({"status": status, "producer": "desk", "min_score": 0.3} for status in SignalStatus),
    *({"direction": direction} for direction in Direction),
    {"interval": Interval.H1},
    {"min_score": 0.7},
    {"min_confidence": 0.5},
    {"producer": "others"},
    {"producer": "nobody"},
    {"start": moment(NOON)},
    {"end": moment(NOON)},
    {"start": moment(NOON), "end": moment(NOON + 1), "interval": Interval.D1},
]


async def test_a_page_is_what_is_meant_in_its_order(pool: Pool) -> None:
    """Every condition, of all instruments, of some, and of each; with the count, page by page, and all at once."""
    stored, ids = await _stored(pool)
    for number, given in enumerate(_CONDITIONS):
        order = list(SignalOrder)[number % 2]
        for of in (None, (ids[0], ids[2]), (ids[1],), ()):
            conditions = SignalConditions(**given, instrument_ids=of)
            expected = _sorted([one for one in stored if conditions.accept(one, _NOW)], order)
            assert expected or of == () or given == {"producer": "nobody"} or len(given) > 1
            assert (await read_signal_count(pool, conditions, _NOW)).value == len(expected)
            page = SignalPage(conditions=conditions, first=200, order=order)
            assert (await read_signal_page(pool, page, _NOW)).value == expected
            small, found = replace(page, first=7), list[Signal]()
            while True:
                some = (await read_signal_page(pool, small, _NOW)).value
                found += some[:7]
                if len(some) <= 7:
                    break
                small = replace(small, after=SignalKey(found[-1].time, found[-1].digest))
            assert found == expected
        of_each = SignalPage(conditions=SignalConditions(**given), first=5, order=order)
        pages = (await read_pages_of(pool, of_each, ids, _NOW)).value
        counts = (await read_counts_of(pool, of_each.conditions, ids, _NOW)).value
        for one in ids:
            expected = [two for two in stored if two.instrument_id == one and of_each.conditions.accept(two, _NOW)]
            assert pages[one] == _sorted(expected, order)[:6]
            assert counts[one] == len(expected)


async def test_signals_are_found_by_their_keys(pool: Pool) -> None:
    """Those that are there, in the right year."""
    stored, _ = await _stored(pool)
    keys = [SignalKey(one.time, one.digest) for one in stored]
    strangers = [SignalKey(NOON, "0" * 32), SignalKey(keys[0].time + 1, keys[0].digest)]
    read = await read_signals(pool, [*keys, *strangers])
    assert read.value == dict(zip(keys, stored, strict=True))
    assert read.revision == 2
    assert (await read_signals(pool, strangers)).value == {}


async def test_the_next_to_expire_is_one_that_stands(pool: Pool) -> None:
    """Neither one that is superseded or cancelled nor one that has expired."""
    acme = await instrument(pool)
    await store(
        pool,
        draft(acme, time=NOON - 3600, valid_until=moment(NOON + 10)),
        draft(acme, valid_until=moment(NOON + 60)),
        draft(acme, producer="a", valid_until=moment(NOON + 20), is_cancelled=True),
        draft(acme, producer="b", valid_until=moment(NOON + 30)),
        draft(acme, producer="c"),
    )
    found = [await next_expiry(pool, NOON + seconds) for seconds in (0, 30, 60)]
    assert found == [moment(NOON + 30), moment(NOON + 60), None]


@pytest.mark.parametrize(
    "given",
    [
        {"producer": "a\0"},
        {"min_score": -0.1},
        {"min_confidence": 1.1},
        {"start": moment(NOON), "end": moment(NOON)},
    ],
)
def test_what_no_signal_can_be_is_refused(given: dict[str, Any]) -> None:
    """Before anything is asked of the database."""
    with pytest.raises(BadInput):
        SignalConditions(**given)
