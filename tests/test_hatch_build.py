"""The build hook that makes the pages; npm and vite themselves run in every install of the project."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hatchling.bridge.app import Application
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from gateway.config import Settings
from hatch_build import (
    NODE_WHEEL,
    WITHOUT_PAGES,
    PagesBuildHook,
    PagesError,
    build,
    digest,
    is_current,
    node_of_path,
    node_of_wheel,
)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources of the pages and nothing built."""
    shutil.copytree(ROOT / "gateway" / "pages" / "graphiql", tmp_path / "gateway" / "pages" / "graphiql")
    monkeypatch.delenv(WITHOUT_PAGES, raising=False)
    return tmp_path


def _hook(root: Path) -> PagesBuildHook:
    metadata: ProjectMetadata[Any] = ProjectMetadata(str(root), PluginManager())
    return PagesBuildHook(str(root), {}, None, metadata, str(root), "wheel", Application())


def _pretend_built(root: Path) -> Path:
    folder = root / "gateway" / "pages" / "static"
    folder.mkdir()
    (folder / "sources.sha256").write_text(digest(root / "gateway" / "pages" / "graphiql"))
    return folder


def _program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_pages_are_built_again_only_when_a_source_changed(clone: Path) -> None:
    """What npm leaves beside the sources does not count."""
    assert not is_current(clone)
    _pretend_built(clone)
    assert is_current(clone)
    modules = clone / "gateway" / "pages" / "graphiql" / "node_modules"
    modules.mkdir()
    (modules / "left.js").write_text("")
    assert is_current(clone)
    _hook(clone).initialize("standard", {})
    (clone / "gateway" / "pages" / "graphiql" / "main.jsx").write_text("changed")
    assert not is_current(clone)


@pytest.mark.parametrize(
    ("version", "expected"), [("v20.18.3", False), ("v20.19.0", True), ("v24.1.0", True), ("hello", False)]
)
def test_node_of_the_path_is_taken_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, expected: bool
) -> None:
    """And if npm is there too."""
    _program(tmp_path / "bin", "node", f"echo {version}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert node_of_path() is None
    _program(tmp_path / "bin", "npm", "")
    assert (node_of_path() is not None) is expected


def test_the_wheel_with_node_is_required_only_where_it_is_needed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 60 MB."""
    monkeypatch.setenv("PATH", str(clone / "bin"))
    assert _hook(clone).dependencies() == [NODE_WHEEL]
    monkeypatch.setenv(WITHOUT_PAGES, "1")
    assert _hook(clone).dependencies() == []
    monkeypatch.delenv(WITHOUT_PAGES)
    _program(clone / "bin", "node", "echo v22.12.0")
    _program(clone / "bin", "npm", "")
    assert _hook(clone).dependencies() == []
    monkeypatch.setenv("PATH", "")
    _pretend_built(clone)
    assert _hook(clone).dependencies() == []


def test_a_build_can_do_without_pages(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so, and keeps no pages of other sources."""
    folder = _pretend_built(clone)
    (folder / "sources.sha256").write_text("of other sources")
    monkeypatch.setenv(WITHOUT_PAGES, "1")
    _hook(clone).initialize("standard", {})
    assert not folder.exists()
    assert WITHOUT_PAGES in capsys.readouterr().err


def test_a_failing_npm_is_quoted_and_the_way_around_it_named(clone: Path) -> None:
    """Nothing half-built is left."""
    _program(clone / "bin", "npm", "echo 'request to the registry failed' >&2; exit 1")
    with pytest.raises(PagesError, match=f"(?s)request to the registry failed.*{WITHOUT_PAGES}=1"):
        build(clone, (["node"], [str(clone / "bin" / "npm")]))
    assert not (clone / "gateway" / "pages" / "static").exists()


def test_without_any_node_the_message_says_what_is_missing() -> None:
    """As in a build without isolation."""
    with pytest.raises(PagesError, match=f"(?s){NODE_WHEEL}.*{WITHOUT_PAGES}=1"):
        node_of_wheel("no_such_package")


def test_the_lock_file_names_no_registry() -> None:
    """Any registry will do: packages are held by their hashes."""
    text = (ROOT / "gateway" / "pages" / "graphiql" / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "registry" not in text


def test_the_variable_of_the_build_is_no_unknown_setting() -> None:
    """`GATEWAY_BUILD_WITHOUT_PAGES=1 make demo` builds and serves with it."""
    assert Settings.from_environment({WITHOUT_PAGES: "1"}) == Settings()
