"""Arguments are checked against the catalog."""

import pytest

from resolvers.compute.catalog import CATALOG, Indicator, Parameter, checked_arguments
from resolvers.errors import BadInput
from resolvers.model.price_field import PriceField

BOUNDED = [
    pytest.param(indicator, parameter, id=f"{indicator.name}-{parameter.name}")
    for indicator in CATALOG.values()
    for parameter in indicator.parameters
    if not isinstance(parameter.default, PriceField)
]


def test_what_is_not_given_takes_its_default() -> None:
    """Defaults fill in, in the catalog's order; null is the same as nothing."""
    assert checked_arguments(CATALOG["sma"], {"of": None}) == {"period": 20, "of": PriceField.CLOSE}


def test_a_price_field_may_be_given_by_name() -> None:
    """GraphQL hands over the enum or its name."""
    assert checked_arguments(CATALOG["sma"], {"of": "TYPICAL"})["of"] is PriceField.TYPICAL


def test_a_whole_number_does_for_a_number() -> None:
    """deviations: 2 is a float afterwards."""
    assert isinstance(checked_arguments(CATALOG["bollinger"], {"deviations": 2})["deviations"], float)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("sma", {"period": 0}, "sma: period must be between 1 and 1000, was 0"),
        ("sma", {"period": 10_000}, "sma: period must be between 1 and 1000, was 10000"),
        ("sma", {"period": "ten"}, "sma: period must be a number, was 'ten'"),
        ("sma", {"period": 2.5}, "sma: period must be a whole number, was 2.5"),
        ("sma", {"period": True}, "sma: period must be a number, was True"),
        ("sma", {"of": "VOLUME"}, "sma: of must be one of OPEN, HIGH, LOW, CLOSE, MEDIAN, TYPICAL, was 'VOLUME'"),
        ("sma", {"length": 3}, "sma: arguments are period, of, was length"),
        ("bollinger", {"deviations": float("nan")}, "bollinger: deviations must be a number, was nan"),
        ("bollinger", {"deviations": 0}, "bollinger: deviations must be between 0.1 and 10.0, was 0"),
        ("macd", {"fast": 26}, "macd: fast must be less than slow, was 26 and 26"),
    ],
)
def test_a_wrong_argument_says_what_was_expected_and_found(name: str, given: dict[str, object], message: str) -> None:
    """Expected first, then found."""
    with pytest.raises(BadInput) as failure:
        checked_arguments(CATALOG[name], given)
    assert str(failure.value) == message


@pytest.mark.parametrize(("indicator", "parameter"), BOUNDED)
def test_every_bound_is_allowed_and_the_next_number_is_not(indicator: Indicator, parameter: Parameter) -> None:
    """Both bounds are inclusive, and a default lies between them."""
    assert parameter.minimum is not None
    assert parameter.maximum is not None
    assert parameter.minimum <= float(parameter.default) <= parameter.maximum
    step = 1 if isinstance(parameter.default, int) else 1e-9
    for wrong in (parameter.minimum - step, parameter.maximum + step):
        with pytest.raises(BadInput, match=f"{parameter.name} must be between"):
            checked_arguments(indicator, {parameter.name: wrong})
    # At a bound, others may have to give way: the relation is a message of its own.
    for right in (parameter.minimum, parameter.maximum):
        others = {name: _beside(indicator, name, parameter.name, right) for name in indicator.increasing}
        assert checked_arguments(indicator, others | {parameter.name: right})[parameter.name] == right


def _beside(indicator: Indicator, name: str, bound: str, value: float) -> float | None:
    """A value of *name* that leaves room for *value* of *bound*."""
    if bound not in indicator.increasing:
        return None
    order = indicator.increasing
    (parameter,) = (parameter for parameter in indicator.parameters if parameter.name == name)
    assert parameter.minimum is not None
    assert parameter.maximum is not None
    distance = order.index(name) - order.index(bound)
    step = 1 if isinstance(parameter.default, int) else 1e-4
    return min(max(value + distance * step, parameter.minimum), parameter.maximum)
