"""Markets that are made once for all tests of the feeds."""

import pytest

from resolvers.model.session import DAY
from tests.gateway.feeds.market_sample import UNTIL, Market, market_by_symbol


@pytest.fixture(scope="session")
def market() -> Market:
    """The market that most tests look at."""
    return market_by_symbol(UNTIL)


@pytest.fixture(scope="session")
def later_market() -> Market:
    """The same market, made three weeks later."""
    return market_by_symbol(UNTIL + 21 * DAY)
