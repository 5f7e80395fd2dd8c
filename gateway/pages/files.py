"""The files that go with the pages: scripts, styles, workers, a font."""

import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.pages.headers import SECURITY_HEADERS
from gateway.pages.page import BUILT

# A list of our own: what the system's table says about scripts and fonts differs from machine to machine.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


def page_files(folder: Path = BUILT) -> list[BaseRoute]:
    """The route of the files in *folder*; none where the pages were not built."""
    assets = folder / "assets"
    return [Mount("/pages", Files(assets))] if assets.is_dir() else []


class Files(StaticFiles):
    """Files with a hash of their content in the name: a browser needs each of them once, ever."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._compressed = {
            os.path.realpath(file.with_suffix("")): (os.path.realpath(file), file.stat())
            for file in folder.glob("*.gz")
        }

    def file_response(
        self, full_path: "str | os.PathLike[str]", stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file, compressed as it was at build time where the client takes that."""
        own = {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding", **SECURITY_HEADERS}
        media_type = _MEDIA_TYPES.get(Path(full_path).suffix, "application/octet-stream")
        if full_path in self._compressed and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            full_path, stat_result = self._compressed[str(full_path)]
            own["content-encoding"] = "gzip"
        response = super().file_response(full_path, stat_result, scope, status_code)
        if response.status_code != 304:
            own["content-type"] = media_type
        response.headers.update(own)
        return response
