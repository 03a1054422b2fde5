"""
What pages load besides themselves: style sheets, modules and icons, all of our own.

The URL of every file names a digest of all of them, so that a browser may keep what it has for ever and sees a change
at once; modules find each other by their own relative paths. Everything is read when the portal starts, so that no
request opens a file: there is no path that could lead out of the folder.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.web.problems import problem

FOLDER: Final = Path(__file__).parents[1] / "static"

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""What is served: whatever has another ending is not."""

KEPT: Final = "public, max-age=31536000, immutable"

_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file, as it is and packed."""

    octets: bytes
    packed: bytes
    media_type: str


class Assets:
    """Serves the files of a folder under names that change with what is in them."""

    def __init__(self, files: Mapping[str, Asset]) -> None:
        self._files = files
        whole = sha256()
        for name, asset in sorted(files.items()):
            whole.update(f"{name}\0{len(asset.octets)}\0".encode() + asset.octets)
        self.version = whole.hexdigest()[:_DIGITS]

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Self:
        """Read a folder, and what is in the folders in it."""
        return cls(
            {
                file.relative_to(folder).as_posix(): Asset(
                    octets=(octets := file.read_bytes()),
                    packed=gzip.compress(octets, mtime=0),
                    media_type=TYPES[file.suffix],
                )
                for file in sorted(folder.rglob("*"))
                if file.suffix in TYPES and file.is_file()
            }
        )

    def url(self, name: str) -> str:
        """Return where a file is. Raises `KeyError` for one that is not there: a page with a wrong name is a bug."""
        self._files[name]
        return f"/static/{self.version}/{name}"

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/static/{version}/{name:path}", self._serve, methods=["GET"])]

    async def _serve(self, request: Request) -> Response:
        asset = self._files.get(request.path_params["name"])
        if asset is None or request.path_params["version"] != self.version:
            return problem(404)
        headers = {"cache-control": KEPT, "vary": "accept-encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.packed, media_type=asset.media_type, headers=headers | {"content-encoding": "gzip"})
        return Response(asset.octets, media_type=asset.media_type, headers=headers)
