"""What every test may use, and the rule that a machine with the real prices skips nothing."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--fail-on-skip``, which CI gives where the real prices are present."""
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turns a green run with skipped tests red, when asked to."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--fail-on-skip") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("tests were skipped although --fail-on-skip was given", red=True)
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def real_prices() -> Path:
    """The folder of real prices; tests that use it skip by name where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real prices of ../shared/data are not here")
    return SHARED_DATA
