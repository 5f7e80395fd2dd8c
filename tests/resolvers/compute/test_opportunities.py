"""The score of an opportunity against values worked by hand, and what every ranking has in common."""

from dataclasses import replace
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.compute.opportunities import (
    WEIGHTS,
    Traded,
    candidates,
    edge,
    freshness,
    ranking,
    reward,
    score,
    universe_of,
)
from resolvers.model.instrument import AssetClass, Instrument, InstrumentSpec
from resolvers.model.interval import Interval
from resolvers.model.opportunity import ANY, Choice, OpportunityConditions
from resolvers.model.signal import ConfidenceBasis, Direction, Signal
from resolvers.model.universe import Universe
from resolvers.opportunities import first_of
from tests.bars import NOON
from tests.ranked import HOUR, signal, universe
from tests.signals import moment


def _basis(base_rate: float) -> ConfidenceBasis:
    return ConfidenceBasis(fit="a", base_rate=base_rate, cases=100)


def test_a_score_is_what_one_works_out_by_hand() -> None:
    """Half a score, an edge of a tenth, 1.5 to 1, liquidity of 0.8, and nine tenths of a life."""
    one = signal(score=-0.5, direction=Direction.SELL, stop=102.0, target=97.0, confidence=0.55, basis=_basis(0.5))
    made = ranking([one], universe({1: 0.8}), ANY, NOON + HOUR)
    (found,) = made.opportunities
    assert list(found.values) == pytest.approx([0.5, 0.1, 0.6, 0.8, 0.9])
    # 0.35 * 0.5 + 0.15 * 0.1 + 0.2 * 0.6 + 0.15 * 0.8 + 0.15 * 0.9
    assert found.score == 0.565
    assert found.rank == 1
    assert [found.expected_move_percent, found.risk_percent] == pytest.approx([-3, 2])
    assert made.until == NOON + 2 * HOUR


def test_the_weights_are_a_whole() -> None:
    """So a score has the range of its parts."""
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert score([1, 1, 1, 1, 1]) == 1
    assert score([0, 0, 0, 0, 0]) == 0


@pytest.mark.parametrize(
    ("confidence", "base_rate", "expected"),
    [
        (None, None, 0.0),
        (0.5, None, 0.0),
        (0.75, None, 0.5),
        (0.55, 0.55, 0.0),
        (0.55, 0.6, 0.0),
        (0.7, 0.6, 0.25),
        (1.0, 0.6, 1.0),
        (1.0, 1.0, 0.0),
    ],
)
def test_confidence_counts_above_its_base_rate(
    confidence: float | None, base_rate: float | None, expected: float
) -> None:
    """As the share of the other cases that it claims; against one half where no base rate is known."""
    one = signal(confidence=confidence, basis=None if base_rate is None else _basis(base_rate))
    assert edge(one) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ((100.0, 98.0, 103.0), 0.6),
        ((100.0, 99.0, 101.0), 0.5),
        ((100.0, 100.0, 101.0), 0.0),
        ((None, 98.0, 103.0), 0.0),
        ((100.0, None, 103.0), 0.0),
        ((100.0, 98.0, None), 0.0),
        ((1e-300, 2e-300, 1e300), 1.0),
    ],
)
def test_the_move_counts_against_the_risk(prices: Any, expected: float) -> None:
    """As its part of the way from stop to target; what is not given adds nothing."""
    entry, stop, target = prices
    assert reward(signal(entry=entry, stop=stop, target=target)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("after", "value", "until"),
    [(0, 1.0, 1), (0.999, 1.0, 1), (1, 0.9, 2), (9, 0.1, 10), (9.5, 0.1, 10), (10, 0.0, inf), (99, 0.0, inf)],
)
def test_a_life_ends_in_tenths(after: float, value: float, until: float) -> None:
    """Ten hours of it, hour by hour."""
    assert freshness(signal(), NOON + after * HOUR) == (value, NOON + until * HOUR)


def test_without_an_end_a_life_is_horizon_and_bar() -> None:
    """And five bars where no horizon is given; what is left then is 0 for good."""
    for horizon, hours in ((9, 10), (None, 6)):
        one = signal(valid_until=None, horizon_bars=horizon)
        assert freshness(one, NOON + (hours - 0.01) * HOUR) == (0.1, NOON + hours * HOUR)
        assert freshness(one, NOON + hours * HOUR) == (0.0, inf)
        assert ranking([one], universe({1: 0.5}), ANY, NOON + 99 * HOUR).until == inf


@given(st.floats(1, 1e6), st.floats(0, 1))
def test_a_freshness_lasts_until_it_says(life: float, share: float) -> None:
    """And is another one from then on, whatever a division makes of the last bit."""
    ending = signal(valid_until=moment(NOON + round(life)))
    before = freshness(ending, NOON + share * round(life))
    if before.until < inf:
        assert before.until > NOON + share * round(life)
        assert freshness(ending, before.until).value < before.value


def test_the_newest_active_signal_stands_for_an_instrument() -> None:
    """Of the latest bar, then of the longest one, then by the producer's name; never one that says HOLD or is over."""
    best = signal(digest="a" * 32, time=NOON + HOUR, producer="b", interval=Interval.H4)
    others = [
        signal(digest="b" * 32, time=NOON + HOUR, producer="c", interval=Interval.H4),
        signal(digest="c" * 32, time=NOON + HOUR, producer="a"),
        signal(digest="d" * 32, score=1.0),
    ]
    over = [
        signal(digest="e" * 32, time=NOON + 2 * HOUR, direction=Direction.HOLD, score=0.0),
        signal(digest="f" * 32, time=NOON + 2 * HOUR, is_cancelled=True),
        signal(digest="0" * 32, time=NOON + 2 * HOUR, is_superseded=True),
        signal(digest="1" * 32, time=NOON + 2 * HOUR, valid_until=moment(NOON + 3 * HOUR)),
    ]
    now = NOON + 3 * HOUR
    for order in ([best, *others, *over], [*over, *reversed(others), best]):
        assert candidates(order, ANY, now) == [best]
        assert candidates(order, Choice(Interval.H1), now) == [others[1]]
        assert candidates(order, Choice(Interval.D1), now) == []
    assert candidates([*others, *over], ANY, now) == [others[0]]


def test_equal_scores_go_by_symbol_and_the_rest_is_left_out() -> None:
    """What is no longer traded has no member, and no place."""
    made = ranking([signal(3), signal(2), signal(1), signal(4)], universe(dict.fromkeys((1, 2, 3), 0.5)), ANY, NOON)
    assert [(one.rank, one.signal.symbol) for one in made.opportunities] == [(1, "S001"), (2, "S002"), (3, "S003")]
    assert made.of_instrument[2].rank == 2


def _traded(number: int, turnover: float | None, **changes: Any) -> Traded:
    return Traded(Instrument(id=number, spec=InstrumentSpec(symbol=f"T{number}", **changes)), turnover, 20)


def test_liquidity_is_a_rank_among_those_of_a_currency() -> None:
    """Equal ones share the middle; what is made up is apart; without peers it is the middle, without volume nothing."""
    found = universe_of(
        [
            _traded(1, 10.0),
            _traded(2, 30.0),
            _traded(3, 20.0),
            _traded(4, 20.0),
            _traded(5, None),
            _traded(6, 1e9, currency="JPY"),
            _traded(7, 5.0, is_simulated=True),
            _traded(8, 4.0, is_simulated=True),
            _traded(9, 40.0),
        ]
    )
    ranks = {number: one.liquidity and one.liquidity.rank for number, one in found.members.items()}
    assert ranks == {1: 0.0, 3: 0.375, 4: 0.375, 2: 0.75, 9: 1.0, 5: None, 6: 0.5, 7: 1.0, 8: 0.0}
    assert found.members[1].liquidity is not None
    assert found.members[1].liquidity.peers == 4
    assert found.ids["T9"] == 9


_signals = st.lists(
    st.builds(
        signal,
        st.integers(1, 6),
        score=st.sampled_from([0.1, 0.5, 0.9]),
        confidence=st.sampled_from([None, 0.5, 0.7]),
        target=st.sampled_from([None, 101.0, 110.0]),
        time=st.sampled_from([NOON - HOUR, NOON]),
        interval=st.sampled_from([Interval.H1, Interval.D1]),
        producer=st.sampled_from(["a", "b"]),
        direction=st.sampled_from(list(Direction)),
        valid_until=st.sampled_from([None, moment(NOON - 60), moment(NOON + 60), moment(NOON + 7 * HOUR)]),
    ),
    max_size=30,
)
_universes = st.builds(
    universe,
    st.dictionaries(st.integers(1, 6), st.sampled_from([None, 0.0, 0.5, 1.0])),
    st.dictionaries(st.integers(1, 6), st.sampled_from([AssetClass.EQUITY, AssetClass.ETF])),
)
_choices = st.sampled_from([ANY, Choice(Interval.H1)])


@given(_signals, st.randoms(), _universes, _choices)
def test_a_ranking_is_total_and_does_not_depend_on_the_order_of_reading(
    signals: list[Signal], chance: Any, members: Universe, choice: Choice
) -> None:
    """Ranks count up, scores down, no instrument is there twice; and it stands until it says."""
    # The same signal is stored once.
    stored = list({(one.instrument_id, one.interval, one.time, one.producer): one for one in signals}.values())
    made = ranking(stored, members, choice, NOON)
    chance.shuffle(stored)
    assert ranking(stored, members, choice, NOON).opportunities == made.opportunities
    found = made.opportunities
    assert [one.rank for one in found] == list(range(1, len(found) + 1))
    keys = [(-one.score, one.signal.symbol) for one in found]
    assert keys == sorted(set(keys))
    assert all(0 <= value <= 1 for one in found for value in (one.score, *one.values))
    if found:
        last = min(made.until - 0.001, NOON + HOUR)
        later = ranking(stored, members, choice, last).opportunities
        assert [(one.signal, one.values) for one in later] == [(one.signal, one.values) for one in found]


_conditions = st.builds(
    OpportunityConditions,
    choice=_choices,
    instrument_ids=st.none() | st.frozensets(st.integers(1, 9), max_size=8),
    asset_classes=st.none() | st.frozensets(st.sampled_from([AssetClass.EQUITY, AssetClass.ETF])),
    direction=st.sampled_from([None, Direction.BUY, Direction.SELL]),
    min_score=st.sampled_from([None, 0.0, 0.4, 1.0]),
    min_confidence=st.sampled_from([None, 0.6]),
    min_risk_reward=st.sampled_from([None, 0.0, 2.0]),
)


@given(_signals, _universes, _conditions, st.integers(0, 7))
def test_filters_leave_ranks_as_they_are(
    signals: list[Signal], members: Universe, conditions: OpportunityConditions, first: int
) -> None:
    """A filtered list is the ranking without the others, whichever way it is looked for."""
    made = ranking(signals, members, conditions.choice, NOON)
    expected = [one for one in made.opportunities if conditions.accept(one)]
    assert first_of(made, conditions, first) == expected[:first]


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.integers(0, 4), st.floats(0, 1))
def test_a_score_rises_with_each_part(values: list[float], place: int, more: float) -> None:
    """And never falls with it."""
    higher = [*values[:place], max(values[place], more), *values[place + 1 :]]
    assert 0 <= score(values) <= score(higher) <= 1
    if higher[place] - values[place] > 1e-4:
        assert score(values) < score(higher)


@given(
    st.sampled_from(["score", "confidence", "target", "valid_until", "liquidity"]),
    st.floats(0.01, 0.9),
    st.floats(0.02, 0.09),
)
def test_more_of_what_counts_is_never_a_lower_place(what: str, start: float, more: float) -> None:
    """Whether the score, the confidence, the reward, what is left of the life, or the liquidity."""
    plain: dict[str, Any] = {"score": start, "confidence": start, "target": 100 + 5 * start}
    plain["valid_until"] = moment(NOON + int(8 * HOUR * (0.2 + start)))
    changed = {
        "score": start + more,
        "confidence": start + more,
        "target": 100 + 5 * (start + more),
        "valid_until": moment(NOON + int(8 * HOUR * (0.2 + start + more))),
    }
    better = signal(2, **plain | ({what: changed[what]} if what in changed else {}))
    members = universe({1: start, 2: start + more if what == "liquidity" else start})
    first, second = ranking([signal(1, **plain), better], members, ANY, NOON + HOUR).opportunities
    assert first.score >= second.score
    assert first.signal is better or first.score == second.score


def test_the_confidence_of_another_base_rate_is_another_value() -> None:
    """The same frequency says less where most bars rise anyway."""
    one = signal(confidence=0.6, basis=_basis(0.5))
    other = replace(one, basis=_basis(0.58))
    assert edge(one) > edge(other) > 0
