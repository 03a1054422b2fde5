"""
The audit trail: who did what, narrowed down, and whether the chain of everything that was written down is whole.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.audit import (
    AuditList,
    AuditRow,
    AuditVerifyBegin,
    AuditVerifyState,
    AuditWalk,
    WalkState,
)
from watchword.domain.roles import Permission
from watchword.web.portal.audit_words import EVENTS, line_of
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.listing import Listing
from watchword.web.portal.visitor import Visitor

HOME: Final = "/audit"
VERIFICATION: Final = f"{HOME}/verification"
PAGE: Final = 50

_NAMES: Final = ("user", "actor", "event", "since", "until", "before")


class AuditTrail:
    """Serves the trail."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, read = self._desk.doors.signed_in, Permission.AUDIT_READ
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(VERIFICATION, door(self._verification, permission=read), methods=["GET"]),
            Route(VERIFICATION, door(self._begin, permission=read), methods=["POST"]),
            Route(f"{VERIFICATION}/now", door(self._now, permission=read), methods=["GET"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        listing = Listing.of(request, _NAMES)
        reading = self._desk.shell.reading(request, visitor)
        form = Form(values=dict(listing.values))
        since, until = listing.maybe("since"), listing.maybe("until")
        rows: list[AuditRow] | Refusal = await self._desk.perform(
            visitor,
            "audit.list",
            AuditList(
                user=listing.maybe("user"),
                actor=listing.maybe("actor"),
                event=listing.maybe("event"),
                since=None if since is None else reading.day_begins(since),
                until=None if until is None else reading.day_begins(until, 1),
                before=listing.maybe("before"),
                limit=PAGE,
            ),
        )
        if isinstance(rows, Refusal):
            form, rows = form.refused(rows, known=_NAMES), []
        return self._desk.shell.page(
            visitor,
            request,
            "audit/home.html",
            status=422 if form.wrong else 200,
            form=form,
            listing=listing,
            lines=[line_of(row, reading) for row in rows],
            older=listing.page(before=rows[-1].id) if len(rows) == PAGE else None,
            events=sorted(
                ((event, reading.gettext(called)) for event, called in EVENTS.items()), key=lambda pair: pair[1]
            ),
        )

    async def _verification(self, visitor: Visitor, request: Request) -> Response:
        return await self._walk(visitor, request, self._desk.shell.page, "audit/verification.html")

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        """Return how far the walk has come, which is fetched again and again while it goes on."""
        return await self._walk(visitor, request, self._desk.shell.fragment, "audit/walk.html")

    async def _walk(self, visitor: Visitor, request: Request, make: Any, template: str) -> Response:
        walk: AuditWalk | Refusal = await self._desk.perform(visitor, "audit.verify-state", AuditVerifyState())
        if isinstance(walk, Refusal):
            return self._desk.refused(visitor, request, walk)
        response: Response = make(visitor, request, template, walk=walk, states=WalkState)
        return response

    async def _begin(self, visitor: Visitor, request: Request) -> Response:
        walk: AuditWalk | Refusal = await self._desk.perform(visitor, "audit.verify-begin", AuditVerifyBegin())
        if isinstance(walk, Refusal):
            return self._desk.refused(visitor, request, walk)
        return RedirectResponse(VERIFICATION, status_code=303)
