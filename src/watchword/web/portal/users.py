"""
Users: found, listed, added, and one user's page with everything that a help desk looks for while somebody calls.
"""

from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.activity import ActivityFound, ActivitySearch
from watchword.app.manage.pending import PendingList, PendingRow
from watchword.app.manage.searching import UserFound, UserSearch
from watchword.app.manage.user_page import UserShown
from watchword.app.manage.users import UserDone, UserList, UserNamed, UserRow
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.ports.finding import Standing
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.listing import Listing
from watchword.web.portal.sentences import said_plainly
from watchword.web.portal.visitor import Visitor

HOME: Final = "/users"

PAGE: Final = 50
"""Users on a page of the list."""

RECENT: Final = 10
"""Logins on a user's page."""

_ADDED: Final = marked("%(user)s is added. Give them a second step next.")


def path_of(username: str) -> str:
    """Return the address of a user's page."""
    return f"{HOME}/{quote(username, safe='@')}"


class Users:
    """Serves the list of users, and each user's page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.USER_READ, Permission.USER_WRITE
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/add", door(self._add, permission=write), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=write), methods=["POST"]),
            Route(f"{HOME}/{{user}}", door(self._one, permission=read), methods=["GET"]),
            Route(f"{HOME}/{{user}}/now", door(self._now, permission=read), methods=["GET"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        listing = Listing.of(request, ("q", "standing", "after"))
        wanted = listing.value("q")
        if wanted:
            return await self._found(visitor, request, listing, wanted)
        standing = next((one for one in Standing if one == listing.value("standing")), None)
        rows: list[UserRow] | Refusal = await self._desk.perform(
            visitor, "user.list", UserList(after=listing.value("after"), limit=PAGE + 1, standing=standing)
        )
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        shown = rows[:PAGE]
        following = listing.page(after=shown[-1].username) if len(rows) > PAGE else None
        return self._list(visitor, request, listing=listing, rows=shown, following=following)

    async def _found(self, visitor: Visitor, request: Request, listing: Listing, wanted: str) -> Response:
        found: UserFound | Refusal = await self._desk.perform(
            visitor, "user.search", UserSearch(wanted=wanted, limit=PAGE)
        )
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        return self._list(visitor, request, listing=listing, rows=found.users, more=found.more)

    def _list(self, visitor: Visitor, request: Request, *, listing: Listing, **values: Any) -> Response:
        values = {"following": None, "more": False, **values}
        return self._desk.shell.page(
            visitor, request, "users/home.html", listing=listing, standings=tuple(Standing), path_of=path_of, **values
        )

    # --- adding one

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        return self._form(visitor, request, Form())

    def _form(self, visitor: Visitor, request: Request, form: Form) -> Response:
        return self._desk.shell.page(visitor, request, "users/add.html", status=422 if form.wrong else 200, form=form)

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return self._form(visitor, request, form)

        async def done(added: UserDone) -> Response:
            return told(self._desk, visitor, request, added, _ADDED, to=path_of(added.username))

        return await self._desk.submitted(visitor, request, "user.add", again=again, done=done, hidden=("password",))

    # --- one user

    async def _one(self, visitor: Visitor, request: Request) -> Response:
        values = await self._known(visitor, request.path_params["user"])
        if isinstance(values, Refusal):
            return self._desk.refused(visitor, request, values)
        return self._desk.shell.page(visitor, request, "users/one.html", **values)

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        """Return the part of the page that is fetched again when something has happened."""
        values = await self._known(visitor, request.path_params["user"])
        if isinstance(values, Refusal):
            return self._desk.refused(visitor, request, values)
        return self._desk.shell.fragment(visitor, request, "users/now.html", **values)

    async def _known(self, visitor: Visitor, name: str) -> dict[str, Any] | Refusal:
        """Return what a user's page shows; what the role may not see is None."""
        user: UserShown | Refusal = await self._desk.perform(visitor, "user.show", UserNamed(user=name))
        if isinstance(user, Refusal):
            return user
        found: ActivityFound | Refusal | None = None
        waiting: list[PendingRow] | Refusal | None = None
        if Permission.ACTIVITY_READ in PERMISSIONS[visitor.actor.role]:
            found = await self._desk.perform(
                visitor, "activity.search", ActivitySearch(user=user.username, limit=RECENT)
            )
            waiting = await self._desk.perform(visitor, "pending", PendingList(user=user.username))
        return {
            "user": user,
            "home": path_of(user.username),
            "recent": found.rows if isinstance(found, ActivityFound) else None,
            "waiting": waiting if isinstance(waiting, list) else None,
        }


def told(desk: Desk, visitor: Visitor, request: Request, done: UserDone, message: str, *, to: str) -> Response:
    """Go on to a page that tells what was done to a user, and what else is worth knowing of it."""
    reading = desk.shell.reading(request, visitor)
    notes = (said_plainly(note, reading)[0] for note in done.notes)
    words = " ".join((reading.gettext(message, user=done.username), *notes))
    return desk.on(visitor, to, words, "warn" if done.notes else "good")
