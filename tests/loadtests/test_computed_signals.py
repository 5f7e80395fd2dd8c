"""The scenario of computed signals from end to end."""

from pathlib import Path

import numpy as np

from loadtests.made_signals import DAY, made_signals, weekdays
from loadtests.report import budgets
from resolvers.model.instrument import Instrument, InstrumentSpec
from tests.loadtests.scenarios import outcome, values


def test_a_short_run_measures_all_that_is_promised(tmp_path: Path) -> None:
    """Every budget has its figure, by one process and by two, and no signal is missing."""
    report, _ = outcome(
        "computed_signals", tmp_path, *("--symbols", "40", "--bars", "30", "--repeats", "2", "--writers", "1", "2")
    )
    assert set(budgets("computed_signals")) <= set(values(report))
    fills = [one for one in report["figures"] if one["key"].startswith("fill_")]
    assert [one["what"] for one in fills] == [
        "storing 1,200 signals of 40 series by 1 writer",
        "storing 1,200 signals of 40 series by 2 writers",
    ]
    assert report["is_short"]


def test_made_up_signals_are_of_weekdays_and_their_names_are_their_own() -> None:
    """The same for every writer, and different for every signal."""
    assert set((weekdays(50) // DAY + 4) % 7) == {1, 2, 3, 4, 5}
    many = [Instrument(id=number, spec=InstrumentSpec(symbol=f"S{number}")) for number in (1, 2)]
    parts = [made_signals(one, 300) for one in many]
    again = made_signals(many[0], 300)
    np.testing.assert_array_equal(parts[0].input_hash, again.input_hash)
    np.testing.assert_array_equal(parts[0].votes, again.votes)
    assert len({row.tobytes() for part in parts for row in part.digest}) == 600
