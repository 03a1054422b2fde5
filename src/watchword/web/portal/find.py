"""
Finding things from everywhere: users for a field, and users, applications and pages for the command palette.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.application_rows import ApplicationList, ApplicationRow
from watchword.app.manage.searching import FoundUser, UserFound, UserSearch
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.navigation import Place, places
from watchword.web.portal.visitor import Visitor

MOST: Final = 8
LONGEST: Final = 200


class Find:
    """Finds things."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        return [
            Route("/find", door(self._page), methods=["GET"]),
            Route("/find/anything", door(self._anything), methods=["GET"]),
            Route("/find/users", door(self._users, permission=Permission.USER_READ), methods=["GET"]),
        ]

    async def _users(self, visitor: Visitor, request: Request) -> Response:
        words = _words(request)
        found = await self._found_users(visitor, words)
        return self._desk.shell.fragment(visitor, request, "find/users.html", words=words, users=found)

    async def _anything(self, visitor: Visitor, request: Request) -> Response:
        return self._desk.shell.fragment(visitor, request, "find/anything.html", **await self._all(visitor, request))

    async def _page(self, visitor: Visitor, request: Request) -> Response:
        return self._desk.shell.page(visitor, request, "find/page.html", **await self._all(visitor, request))

    async def _all(self, visitor: Visitor, request: Request) -> dict[str, Any]:
        words = _words(request)
        return {
            "words": words,
            "found_places": self._found_places(visitor, request, words),
            "users": await self._found_users(visitor, words),
            "applications": await self._found_applications(visitor, words),
        }

    def _found_places(self, visitor: Visitor, request: Request, words: str) -> list[Place]:
        reading = self._desk.shell.reading(request, visitor)
        wanted = words.casefold()
        return [
            place
            for place in places(visitor.actor.role)
            if wanted in reading.gettext(place.label).casefold() or wanted in reading.gettext(place.hint).casefold()
        ]

    async def _found_users(self, visitor: Visitor, words: str) -> tuple[FoundUser, ...]:
        if not words or Permission.USER_READ not in PERMISSIONS[visitor.actor.role]:
            return ()
        found: UserFound | Refusal = await self._desk.perform(
            visitor, "user.search", UserSearch(wanted=words, limit=MOST)
        )
        return () if isinstance(found, Refusal) else found.users

    async def _found_applications(self, visitor: Visitor, words: str) -> list[ApplicationRow]:
        if not words or Permission.APPLICATION_READ not in PERMISSIONS[visitor.actor.role]:
            return []
        rows: list[ApplicationRow] | Refusal = await self._desk.perform(visitor, "application.list", ApplicationList())
        if isinstance(rows, Refusal):
            return []
        return [row for row in rows if words.casefold() in row.name.casefold()][:MOST]


def _words(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:LONGEST]
