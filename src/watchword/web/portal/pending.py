"""
Logins that wait at this moment for a phone or a code: whose, where, from where, since when.

Nobody approves one from here: only whoever holds the phone does. What an administrator may do is make a bypass, for a
reason, or block the user.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.pending import PendingList, PendingRow
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.users import path_of
from watchword.web.portal.visitor import Visitor

HOME: Final = "/pending"

MOST: Final = 200
"""Rows that are shown; of a flood nobody reads more."""


class Waiting:
    """Serves what waits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, read = self._desk.doors.signed_in, Permission.ACTIVITY_READ
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.page(
            visitor, request, "pending/home.html", rows=rows[:MOST], all=len(rows), home=path_of
        )

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        """Return the rows alone, which are fetched again when a login begins to wait or waits no more."""
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.fragment(
            visitor, request, "pending/now.html", rows=rows[:MOST], all=len(rows), home=path_of
        )

    async def _rows(self, visitor: Visitor) -> list[PendingRow] | Refusal:
        found: list[PendingRow] | Refusal = await self._desk.perform(visitor, "pending", PendingList())
        return found
