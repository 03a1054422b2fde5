"""
Server status: every MFA server with version, status, address and last communication, live; and the page of each.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.servers.listing import ServerList, ServerNamed, ServerRow, ServerShown
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.server_words import BAD, HELPS, WRONG
from watchword.web.portal.visitor import Visitor

HOME: Final = "/servers"

EVERY: Final = 3
"""Seconds after which the status is fetched anew: a server that falls silent tells nobody."""


def path_of(identifier: str) -> str:
    """Return the address of a server's page. Names may hold anything, also what is no part of a path."""
    return f"{HOME}/{identifier}"


class Servers:
    """Serves the status of all servers, and each server's page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, read = self._desk.doors.signed_in, Permission.SERVER_READ
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{HOME}/{{server}}", door(self._show, permission=read), methods=["GET"]),
            Route(f"{HOME}/{{server}}/now", door(self._show_now, permission=read), methods=["GET"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        return await self._list(visitor, request, "servers/home.html", whole=True)

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        return await self._list(visitor, request, "servers/now.html", whole=False)

    async def _list(self, visitor: Visitor, request: Request, template: str, *, whole: bool) -> Response:
        rows: list[ServerRow] | Refusal = await self._desk.perform(visitor, "server.list", ServerList())
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        make = self._desk.shell.page if whole else self._desk.shell.fragment
        return make(visitor, request, template, rows=[self._shown(row) for row in rows], every=EVERY)

    async def _show(self, visitor: Visitor, request: Request) -> Response:
        return await self._one(visitor, request, "servers/one.html", whole=True)

    async def _show_now(self, visitor: Visitor, request: Request) -> Response:
        return await self._one(visitor, request, "servers/one-now.html", whole=False)

    async def _one(self, visitor: Visitor, request: Request, template: str, *, whole: bool) -> Response:
        named = ServerNamed(server=request.path_params["server"])
        found: ServerShown | Refusal = await self._desk.perform(visitor, "server.show", named)
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        make = self._desk.shell.page if whole else self._desk.shell.fragment
        return make(
            visitor,
            request,
            template,
            **self._shown(found.server),
            key_sha256=found.key_sha256,
            home=path_of(found.server.id),
            every=EVERY,
        )

    @staticmethod
    def _shown(row: ServerRow) -> dict[str, Any]:
        """Return what a template shows of a server: its row, and what is wrong with what helps."""
        troubles = [(WRONG[one], HELPS[one], one in BAD) for one in row.troubles]
        return {"server": row, "troubles": troubles, "path": path_of(row.id)}
