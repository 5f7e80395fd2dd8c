"""The direction of the imports is a promise, and this is its test."""

import subprocess
import sys
from pathlib import Path


def test_the_import_contracts_hold() -> None:
    """import-linter keeps every contract of pyproject.toml."""
    lint_imports = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint_imports], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
