"""The parts of an opportunity's score in words, each with its numbers."""

from datetime import UTC

from resolvers.compute.opportunities import COIN, LIQUIDITY_DAYS
from resolvers.model.opportunity import Opportunity


def reasons(one: Opportunity) -> tuple[str, ...]:
    """A sentence for each part, in the order of `OpportunityPart`."""
    return (_score(one), _confidence(one), _reward(one), _liquidity(one), _freshness(one))


def _score(one: Opportunity) -> str:
    signal = one.signal
    return f"{signal.direction.value}, {signal.strength.value}: a score of {_number(signal.score)}, from -1 to 1."


def _confidence(one: Opportunity) -> str:
    signal = one.signal
    if signal.confidence is None:
        return f"{signal.producer} does not say how often such a signal was right."
    right = f"Such a signal was right in {_percent(signal.confidence)}"
    if signal.basis is None:
        return f"{right}, as {signal.producer} says; no base rate is known, so {_percent(COIN)} is taken."
    return f"{right} of {signal.basis.cases:,} cases, against {_percent(signal.basis.base_rate)} after any bar."


def _reward(one: Opportunity) -> str:
    signal = one.signal
    ratio, move, risk = signal.risk_reward, one.expected_move_percent, one.risk_percent
    if ratio is None or move is None or risk is None:
        return "Entry, stop and target are not all given, so nothing is known of move and risk."
    return f"{_number(abs(move))} % from entry to target for {_number(risk)} % to the stop: {_number(ratio)} to 1."


def _liquidity(one: Opportunity) -> str:
    member, liquidity = one.member, one.member.liquidity
    if liquidity is None:
        return f"No volume is stored of its last {LIQUIDITY_DAYS} days."
    amount = f"{liquidity.turnover:,.0f} {member.currency} a day, the median of {liquidity.days} days"
    if not liquidity.peers:
        return f"{amount}; nothing in {member.currency} to compare it with."
    return f"{amount}: more than {_percent(liquidity.rank)} of {liquidity.peers:,} others in {member.currency}."


def _freshness(one: Opportunity) -> str:
    left = f"{one.values[4]:.0%}".replace("%", " %")
    if one.signal.valid_until is None:
        return f"{left} of its horizon is left; it does not say until when it is valid."
    return f"{left} of its life is left, which ends {one.signal.valid_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC."


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _number(value: float) -> str:
    """A number to two places, or two digits where it is below one hundredth."""
    return f"{value:.2f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2g}"
