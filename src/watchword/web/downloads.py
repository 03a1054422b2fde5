"""
The MFA server as one file, for machines that get it by a plain command.

Nobody signs in for it: it holds no secret, and what must be right about it is its SHA-256, which is in its path and in
the command that compares. Only whoever may administer servers is told that (`app.servers.downloading`); to all others
the path does not exist. What strangers could use up is bounded: copies at once, for each network and altogether.
"""

import asyncio
from collections import Counter
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from watchword.app.servers.downloading import PATH
from watchword.web.peers import network_of
from watchword.web.problems import problem
from watchword.web.surroundings import Surroundings

MOST: Final = 16
MOST_OF_ONE: Final = 4
"""Copies at once, altogether and for one network."""

SECONDS: Final = 900.0
"""Seconds that a copy may take; what is cut off then can be gone on with (`curl --continue-at -`)."""

KEPT: Final = "public, max-age=31536000, immutable"


class Downloads:
    """Serves the file."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._context = surroundings.context
        self._busy: Counter[bytes] = Counter()

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route(f"{PATH}/{{sha256}}/{{name}}", self._file, methods=["GET"])]

    async def _file(self, request: Request) -> Response:
        sha256, name = request.path_params["sha256"], request.path_params["name"]
        path = self._context.downloads.kept(sha256=sha256, name=name)
        if path is None:
            return problem(404)
        network = network_of(request)
        if self._busy.total() >= MOST or self._busy[network] >= MOST_OF_ONE:
            return problem(503, "the file is being fetched by many at this moment; try again in some minutes")
        response = FileResponse(
            path,
            media_type="application/octet-stream",
            filename=name,
            # The digest says more than a time, and stays the same when the same file is made again.
            headers={"cache-control": KEPT, "etag": f'"{sha256}"'},
        )
        return _Counted(response, self._busy, network)


class _Counted(Response):
    """A file on its way, counted as long as it is, and no longer than it may be."""

    def __init__(self, file: FileResponse, busy: Counter[bytes], network: bytes) -> None:
        super().__init__()
        self._file = file
        self._busy = busy
        self._network = network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._busy[self._network] += 1
        try:
            async with asyncio.timeout(SECONDS):
                await self._file(scope, receive, send)
        except (TimeoutError, OSError):
            # It ends short of what was announced, so whoever fetches it sees that it is not whole.
            return
        finally:
            self._busy[self._network] -= 1
            self._busy += Counter()
