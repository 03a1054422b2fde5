"""
The MFA server as one file: how far it is, how to get it, and how to be sure of it.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.servers.downloading import ServerDownload, ServerDownloaded
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.server_settings import HOME as SETTINGS
from watchword.web.portal.visitor import Visitor

HOME: Final = f"{SETTINGS}/download"

EVERY: Final = 2
"""Seconds between two looks while the file is made."""


class ServerDownloads:
    """Serves the page of the download."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, read = self._desk.doors.signed_in, Permission.SETTING_READ
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        stands = await self._stands(visitor)
        if isinstance(stands, Refusal):
            return self._desk.refused(visitor, request, stands)
        return self._desk.shell.page(visitor, request, "server-settings/download.html", stands=stands, every=EVERY)

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        """Return how things stand alone, which is fetched again while the file is made."""
        stands = await self._stands(visitor)
        if isinstance(stands, Refusal):
            return self._desk.refused(visitor, request, stands)
        return self._desk.shell.fragment(visitor, request, "server-settings/download-now.html", stands=stands)

    async def _stands(self, visitor: Visitor) -> ServerDownloaded | Refusal:
        stands: ServerDownloaded | Refusal = await self._desk.perform(visitor, "server.download", ServerDownload())
        return stands
