"""An operation rests on the oldest of what it has read."""

from resolvers.model.trace import Trace


def test_the_lowest_revision_of_a_subject_counts() -> None:
    """Whatever order reads are in."""
    trace = Trace()
    for revision in (7, 5, 8):
        trace.rests_on("a", revision)
    trace.rests_on("b", 0)
    assert trace.revisions == {"a": 5, "b": 0}


def test_the_oldest_value_of_a_tier_counts() -> None:
    """With the number of values that it gave."""
    trace = Trace()
    for age in (1.0, 3.0, 2.0):
        trace.served("quote", "redis", age)
    trace.served("quote", "memory", 0.0)
    assert trace.tiers == {("quote", "redis"): (3, 3.0), ("quote", "memory"): (1, 0.0)}
