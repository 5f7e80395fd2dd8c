"""Packages with agents, installed by hand as an installer would."""

from collections.abc import Mapping
from pathlib import Path

from resolvers.compute.agents.installed import GROUP


def install(folder: Path, name: str, module: str, registered: Mapping[str, str]) -> None:
    """A package of one module, with what it registers."""
    (folder / f"{name}.py").write_text(module)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{point} = {value}" for point, value in registered.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
