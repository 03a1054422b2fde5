"""
Activity: what happened, narrowed down and live, and why each of it ended as it did.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.diagnose.why import Explained, Why
from watchword.app.manage.activity import ActivityFound, ActivitySearch
from watchword.domain.roles import Permission
from watchword.domain.verification import OutcomeKind, Reason
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form, arguments_of
from watchword.web.portal.listing import Listing
from watchword.web.portal.users import path_of
from watchword.web.portal.visitor import Visitor

HOME: Final = "/activity"
PAGE: Final = 50

_FILTERS: Final = ("user", "application", "outcome", "reason", "source", "server")
_NOTHING: Final = ActivityFound(rows=(), before=None, after=None)


class Activities:
    """Serves what happened."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, read = self._desk.doors.signed_in, Permission.ACTIVITY_READ
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{HOME}/{{id}}", door(self._why, permission=read), methods=["GET"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        return self._desk.shell.page(visitor, request, "activity/home.html", **await self._found(visitor, request))

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        """Return the rows alone, which are fetched again when something has happened."""
        return self._desk.shell.fragment(visitor, request, "activity/now.html", **await self._found(visitor, request))

    async def _found(self, visitor: Visitor, request: Request) -> dict[str, Any]:
        listing = Listing(HOME, Listing.of(request, (*_FILTERS, "before", "after")).values)
        form = Form(values=dict(listing.values))
        reading = self._desk.shell.reading(request, visitor)
        arguments = arguments_of(form.values, ActivitySearch, reading, limit=PAGE)
        found: ActivityFound | Refusal = _NOTHING
        if isinstance(arguments, dict):
            form = Form(values=form.values, errors=arguments)
        else:
            found = await self._desk.perform(visitor, "activity.search", arguments)
        if isinstance(found, Refusal):
            form, found = form.refused(found, known=_FILTERS), _NOTHING
        return {
            "listing": listing,
            "now": f"{HOME}/now{listing.having().removeprefix(HOME)}",
            "form": form,
            "found": found,
            "older": None if found.before is None else listing.page(before=found.before),
            "outcomes": tuple(OutcomeKind),
            "reasons": tuple(Reason),
        }

    async def _why(self, visitor: Visitor, request: Request) -> Response:
        why: Explained | Refusal = await self._desk.perform(visitor, "why", Why(id=request.path_params["id"]))
        if isinstance(why, Refusal):
            return self._desk.refused(visitor, request, why)
        home = path_of(why.activity.user)
        return self._desk.shell.page(visitor, request, "activity/why.html", why=why, row=why.activity, home=home)
