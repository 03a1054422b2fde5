"""
What is remembered under caching rules at this moment, and how it is forgotten.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.rules import EntryRow, RuleEntries, RulePurged
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.listing import Listing
from watchword.web.portal.visitor import Visitor

HOME: Final = "/rules/entries"
MOST: Final = 200
"""Entries on the page: whoever looks for one names the user."""


class Remembered:
    """Serves the pages of what is remembered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.RULE_READ, Permission.RULE_WRITE
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{HOME}/purge", door(self._purge, permission=write), methods=["GET"]),
            Route(f"{HOME}/purge", door(self._purged, permission=write), methods=["POST"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        listing = Listing.of(request, ("user",))
        rows = await self._rows(visitor, listing)
        form = Form(values=dict(listing.values))
        if isinstance(rows, Refusal):
            form = form.refused(rows, known=("user",))
        return self._desk.shell.page(
            visitor,
            request,
            "rules/entries.html",
            status=422 if form.wrong else 200,
            form=form,
            listing=listing,
            rows=[] if isinstance(rows, Refusal) else rows,
            most=MOST,
        )

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        listing = Listing.of(request, ("user",))
        rows = await self._rows(visitor, listing)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.fragment(
            visitor, request, "rules/entries_now.html", listing=listing, rows=rows, most=MOST
        )

    async def _rows(self, visitor: Visitor, listing: Listing) -> list[EntryRow] | Refusal:
        rows: list[EntryRow] | Refusal = await self._desk.perform(
            visitor, "rule.entries", RuleEntries(user=listing.maybe("user"))
        )
        return rows

    async def _purge(self, visitor: Visitor, request: Request) -> Response:
        form = Form(values={"user": request.query_params.get("user", "")})
        return self._desk.shell.page(visitor, request, "rules/purge.html", form=form)

    async def _purged(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return self._desk.shell.page(visitor, request, "rules/purge.html", status=422, form=form)

        async def done(purged: RulePurged) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            message = reading.ngettext("One login is forgotten.", "%(count)s logins are forgotten.", purged.purged)
            return self._desk.on(visitor, HOME, message)

        return await self._desk.submitted(visitor, request, "rule.purge", again=again, done=done)
