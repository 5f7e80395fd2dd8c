"""Revisions that a process has heard of."""

from resolvers.model.revisions import Revisions


def test_a_subject_moves_on_and_never_back() -> None:
    """Events may come twice, or after a newer one."""
    revisions = Revisions()

    moved = [revisions.move("quote:1", revision) for revision in (1, 3, 2, 3)]

    assert moved == [True, True, False, False]
    assert (revisions.of("quote:1"), revisions.moves) == (3, 2)


def test_what_nobody_stored_has_revision_zero() -> None:
    """So what does not exist has a key of its own."""
    assert Revisions().of("candles:1:60") == 0


def test_a_reset_replaces_what_begins_alike() -> None:
    """Also by less: a restored database may hold less than was heard of."""
    revisions = Revisions()
    revisions.reset({"quote:1": 5, "quote:2": 6, "candles:1:60": 7})

    revisions.reset({"quote:1": 4}, prefix="quote:")

    assert [revisions.of(one) for one in ("quote:1", "quote:2", "candles:1:60")] == [4, 0, 7]


def test_what_is_of_a_kind_moves_together() -> None:
    """Also a subject that never moved by itself; each goes on from there, and none of them back."""
    revisions = Revisions()
    for subject, revision in (("signals:1", 3), ("signals:2", 9), ("signals", 9), ("quote:1", 1), ("signals:*", 5)):
        assert revisions.move(subject, revision)
    known = ("signals:1", "signals:2", "signals:3", "signals", "quote:1", "quote:2")
    assert [revisions.of(one) for one in known] == [5, 9, 5, 9, 1, 0]
    assert [revisions.move("signals:*", 5), revisions.move("signals:3", 4), revisions.move("signals:1", 6)] == [
        False,
        False,
        True,
    ]
    assert [revisions.of(one) for one in known] == [6, 9, 5, 9, 1, 0]


def test_a_reset_forgets_what_moved_together() -> None:
    """With the subjects of its kind."""
    revisions = Revisions()
    revisions.move("signals:*", 5)
    revisions.reset({}, prefix="signals")
    assert revisions.of("signals:1") == 0
