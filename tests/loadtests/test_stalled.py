"""The scenario of clients that stop reading, a second of it."""

from pathlib import Path

from tests.loadtests.scenarios import outcome, values


def test_who_stops_reading_is_told_or_ended(tmp_path: Path) -> None:
    """And nothing is lost, repeated or counted wrongly, of anybody."""
    clients = ("--clients", "4", "--stalled", "8", "--outbox", "400000")
    load = ("--rounds", "0", "--stall", "1.5", "--rate", "300")
    report, printed = outcome("stalled", tmp_path, *clients, *load)
    found = values(report)
    assert (found["untold"], found["wrong"]) == (0, 0), printed
    assert report["is_short"]
