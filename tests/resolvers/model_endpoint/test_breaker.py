"""The circuit breaker and the budget, by a clock that the test sets."""

from resolvers.model_endpoint.breaker import Breaker
from resolvers.model_endpoint.budget import Budget


class _Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_closes_by_one_that_tries() -> None:
    """A success between them begins the count anew; while one tries, nobody else does."""
    clock, told = _Clock(), list[bool]()
    breaker = Breaker(failures=3, seconds=10, clock=clock, told=told.append)
    for fails in (True, True, False, True, True):
        assert breaker.admits()
        breaker.failed() if fails else breaker.succeeded()
    before = breaker.is_open
    breaker.failed()
    assert (before, breaker.is_open, breaker.admits()) == (False, True, False)
    clock.now += 9.9
    assert not breaker.admits()
    clock.now += 0.1
    assert breaker.admits()
    assert not breaker.admits()
    breaker.failed()
    assert not breaker.admits()
    clock.now += 10
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.admits(), breaker.admits()] == [True, True]
    assert told == [True, False]


def test_one_that_tries_and_is_given_up_lets_another_try() -> None:
    """Nobody knows how it would have ended."""
    clock = _Clock()
    breaker = Breaker(failures=1, seconds=10, clock=clock)
    breaker.failed()
    clock.now += 10
    assert breaker.admits()
    breaker.given_up()
    assert not breaker.is_resting
    assert breaker.admits()


def test_whoever_asks_to_be_left_alone_is_at_once_and_for_so_long() -> None:
    """And a failure of a call that began earlier does not shorten it."""
    clock = _Clock()
    breaker = Breaker(failures=3, seconds=10, clock=clock)
    breaker.failed(pause_seconds=60)
    breaker.failed()
    clock.now += 59
    assert not breaker.admits()
    clock.now += 1
    assert breaker.admits()


def test_no_sixty_seconds_have_more_calls_than_the_budget() -> None:
    """Wherever they begin; with nothing to spend there is no call."""
    clock = _Clock()
    budget = Budget(calls=3, clock=clock)
    taken = []
    for _ in range(600):
        if budget.take():
            taken.append(clock.now)
        clock.now += 0.5
    assert len(taken) == 15
    assert all(later - earlier >= 60 for earlier, later in zip(taken, taken[3:], strict=False))
    assert not Budget(calls=0, clock=clock).take()
