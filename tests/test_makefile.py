"""What `make` would do, without doing it: `make -n` on the project's own Makefile."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hatch_build import WITHOUT_PAGES

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A clone whose virtual environment is newer than all that it was installed from; no pages were built."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    pages = Path("gateway", "pages", "graphiql")
    shutil.copytree(ROOT / pages, tmp_path / pages, ignore=shutil.ignore_patterns("node_modules"))
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").touch()
    for name in (".installed", ".installed-dev"):
        (tmp_path / ".venv" / name).touch()
    return tmp_path


def _said(clone: Path, target: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "MAKE"))}
    run = subprocess.run(
        ["make", "-n", target], cwd=clone, env={**environment, **variables}, capture_output=True, text=True, check=True
    )
    return run.stdout


def _installs(clone: Path, target: str, **variables: str) -> bool:
    return "pip install" in _said(clone, target, **variables)


def _build(clone: Path) -> None:
    (clone / "gateway" / "pages" / "static").mkdir()
    (clone / "gateway" / "pages" / "static" / "index.html").touch()


@pytest.mark.parametrize("target", ["demo", "test"])
def test_what_was_installed_without_pages_is_installed_again_to_have_them(installed: Path, target: str) -> None:
    """Not for those who still do without."""
    assert not _installs(installed, target, **{WITHOUT_PAGES: "1"})
    assert _installs(installed, target)


@pytest.mark.parametrize("variables", [{}, {WITHOUT_PAGES: "1"}], ids=["with", "without"])
def test_what_is_installed_is_not_installed_again(installed: Path, variables: dict[str, str]) -> None:
    """Until something changes that it was installed from."""
    _build(installed)
    assert not _installs(installed, "demo", **variables)
    changed = installed / "gateway" / "pages" / "graphiql" / "main.jsx"
    later = (installed / ".venv" / ".installed").stat().st_mtime + 10
    os.utime(changed, (later, later))
    assert _installs(installed, "demo", **variables)


@pytest.mark.parametrize(("variables", "processes"), [({}, "2"), ({"PROCESSES": "5"}, "5")])
def test_as_many_processes_run_the_tests_as_are_asked_for(
    installed: Path, variables: dict[str, str], processes: str
) -> None:
    """And each file in one of them, because tests of a file share what is made for it."""
    said = _said(installed, "test", **variables, PYTEST_ARGS="tests/schema")
    assert f"-m pytest -n {processes} --dist loadfile --no-loadscope-reorder tests/schema\n" in said
