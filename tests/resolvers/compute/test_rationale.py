"""A signal in words: each number in them is one of its own."""

from datetime import UTC, datetime

import pytest

from resolvers.compute.rationale import rationale
from resolvers.model.interval import Interval
from resolvers.model.measures import Measures
from resolvers.model.roster import AgentEntry, Roster
from resolvers.model.signal import ConfidenceBasis, Direction, Signal, Strength
from resolvers.model.vote import Abstention, AgentFamily

_SIZES = {AgentFamily.TREND: 3, AgentFamily.MEAN_REVERSION: 2, AgentFamily.VOLUME: 2, AgentFamily.CROSS_SECTIONAL: 1}
_ROSTER = Roster(
    version="0" * 12,
    agents=tuple(
        AgentEntry(name=f"{family.value.lower()}_{number}", family=family, parameters=(), warmup=0, meaning="One.")
        for family, count in _SIZES.items()
        for number in range(count)
    ),
)
_MEASURES = Measures(
    atr=2.0,
    rsi=61.24,
    macd_histogram=0.1,
    percent_b=0.8,
    adx=28.0,
    ema=100.0,
    volume_ratio=1.5,
    return_20=0.02,
)


def _signal(*votes: int, **changes: object) -> Signal:
    given: dict[str, object] = {
        "digest": "0" * 32,
        "instrument_id": 1,
        "symbol": "ACME",
        "interval": Interval.D1,
        "time": 0,
        "direction": Direction.BUY,
        "strength": Strength.MODERATE,
        "score": 0.25,
        "agreement": 0.625,
        "confidence": None,
        "price": 103.2,
        "entry": None,
        "stop": None,
        "target": None,
        "horizon_bars": 5,
        "valid_until": None,
        "rationale": None,
        "votes": bytes(vote % 256 for vote in votes),
        "producer": "gateway-engine-" + "0" * 12,
        "created_at": datetime(2024, 1, 1, tzinfo=UTC),
        "is_cancelled": False,
        "is_superseded": False,
    }
    return Signal(**given | changes)  # type: ignore[arg-type]


def test_a_signal_says_who_agrees_and_what_speaks_against_it() -> None:
    """Counts of agents, the strongest families, measures, levels and confidence, each with its number."""
    signal = _signal(
        *(1, 1, 0),
        *(-1, 0),
        *(1, 1),
        Abstention.UNIVERSE,
        measures=_MEASURES.stored(),
        entry=103.2,
        stop=99.2,
        target=109.2,
        confidence=0.5312,
        basis=ConfidenceBasis(fit="2024-01-5-0", base_rate=0.56, cases=4213),
    )
    assert rationale(signal, _ROSTER) == (
        "Buy: of 8 agents 4 say buy, 1 sell and 2 neither; 1 without a vote."
        " The score is +0.25, moderate, and 62 % of the weight agrees."
        " Strongest for it: volume (+1.00 of 2), trend (+0.67 of 3). Against it: mean reversion (-0.50 of 2)."
        " RSI(14) is 61.2, ADX(14) is 28.0, the price is 3.2 % above its exponential average of 50 bars,"
        " the volume is 1.50 times the mean of the 20 bars before."
        " From 103.20 it is right at 109.20 and wrong at 99.20, 1.50 to 1."
        " Of 4,213 such scores before, 53.1 % were right; the price went that way after 56.0 % of all bars."
    )


def test_a_sale_counts_the_other_side_as_its_own() -> None:
    """What is negative speaks for it; where nothing speaks against it, it says that."""
    signal = _signal(
        *(-1, -1, 0), *(0, 0), *(-1, -1), 0, direction=Direction.SELL, score=-0.4, strength=Strength.STRONG
    )
    assert rationale(signal, _ROSTER) == (
        "Sell: of 8 agents 0 say buy, 4 sell and 4 neither; none without a vote."
        " The score is -0.40, strong, and 62 % of the weight agrees."
        " Strongest for it: volume (-1.00 of 2), trend (-0.67 of 3). No family speaks against it."
        " Fewer than 250 such scores are known before: too few to say how often they were right."
    )


@pytest.mark.parametrize(
    ("score", "direction", "strength", "said"),
    [
        (0.09971, Direction.HOLD, Strength.WEAK, "The score of +0.0997 is too small for a side."),
        (-0.0999996, Direction.HOLD, Strength.WEAK, "The score of -0.0999996 is too small for a side."),
        (-0.001, Direction.HOLD, Strength.WEAK, "The score of +0.00 is too small for a side."),
        (0.1, Direction.BUY, Strength.WEAK, "The score is +0.10, weak,"),
        (-0.2461, Direction.SELL, Strength.WEAK, "The score is -0.246, weak,"),
        (0.3999, Direction.BUY, Strength.MODERATE, "The score is +0.3999, moderate,"),
        (0.4049, Direction.BUY, Strength.STRONG, "The score is +0.40, strong,"),
    ],
)
def test_a_rounded_score_is_on_the_side_of_a_limit_that_its_word_says(
    score: float, direction: Direction, strength: Strength, said: str
) -> None:
    """Who reads 0.10 and that sides begin there must not be told that it is too small for one."""
    signal = _signal(*(1, 1, 0), *(-1, 0), *(1, 1), 0, score=score, direction=direction, strength=strength)
    assert f" {said} " in rationale(signal, _ROSTER)


def test_a_signal_to_hold_says_what_pulls_where() -> None:
    """Both sides by name; and where too few have a vote, that."""
    hold = {"direction": Direction.HOLD, "strength": Strength.WEAK, "score": 0.05}
    text = rationale(_signal(*(1, 0, 0), *(-1, 0), *(0, 0), 0, **hold), _ROSTER)
    assert text == (
        "Hold: of 8 agents 1 say buy, 1 sell and 6 neither; none without a vote."
        " The score of +0.05 is too small for a side."
        " Towards buying: trend (+0.33 of 3). Towards selling: mean reversion (-0.50 of 2)."
    )
    early = rationale(_signal(*[Abstention.WARM_UP] * 7, 1, **hold | {"score": 0.0}), _ROSTER)
    assert early.startswith(
        "Hold: of 8 agents 1 say buy, 0 sell and 0 neither; 7 without a vote."
        " With fewer than half of them heard there is no score."
    )


def test_what_has_no_value_is_left_out() -> None:
    """Measures that warm up, and levels that are not given; a confidence of too few cases is said to be none."""
    nothing = Measures(*[float("nan")] * 8)
    signal = _signal(*(1, 1, 0), *(-1, 0), *(1, 1), 0, measures=nothing.stored())
    text = rationale(signal, _ROSTER)
    none = "Fewer than 250 such scores are known before: too few to say how often they were right."
    assert "nan" not in text
    assert text.endswith(f"(-0.50 of 2). {none}")
    below = nothing._replace(ema=104.2424)._replace(adx=7.0)
    text = rationale(_signal(*[1] * 8, measures=below.stored(), entry=0.00123, stop=0.0012, target=0.0013), _ROSTER)
    assert "ADX(14) is 7.0, the price is 1.0 % below its exponential average of 50 bars." in text
    assert text.endswith(f"From 0.0012300 it is right at 0.0013000 and wrong at 0.0012000, 2.33 to 1. {none}")
