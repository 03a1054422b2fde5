"""
One-time bypasses: made, watched while they wait for their login, cancelled.

This is the model of every page here: a handler for each thing that one sees or does, operations for all that it knows,
and a template for all that it says.
"""

from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.bypasses import BypassAdded, BypassCancelled, BypassChoice, BypassChoices
from watchword.app.manage.pending import PendingList, PendingRow
from watchword.app.manage.report import BypassList, BypassRow
from watchword.domain.bypass import BypassState
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.sentences import said_plainly
from watchword.web.portal.visitor import Visitor

HOME: Final = "/bypasses"

STEPS: Final = (60, 300, 900, 3_600)
"""Seconds that one chooses by pressing them."""

_RECENT: Final = timedelta(minutes=15)
"""How long one that has ended is still shown beside the active ones."""

_MOST_RECENT: Final = 50

_ADDED: Final = marked("%(user)s may log in once without the second step, from now on for %(seconds)s.")
_LET_IN: Final = marked("%(user)s was let in.")
_CANCELLED: Final = marked("The bypass of %(user)s is cancelled.")


class Bypasses:
    """Serves the pages of one-time bypasses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, create = Permission.BYPASS_READ, Permission.BYPASS_CREATE
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{HOME}/add", door(self._add, permission=create, fresh=True), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=create, fresh=True), methods=["POST"]),
            Route(f"{HOME}/waiting", door(self._waiting, permission=create), methods=["GET"]),
            Route(f"{HOME}/{{id}}/cancel", door(self._cancel, permission=create), methods=["GET"]),
            Route(f"{HOME}/{{id}}/cancel", door(self._cancelled, permission=create), methods=["POST"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        rows = await self._current(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.page(visitor, request, "bypasses/home.html", rows=rows)

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        """Return the part of the page that is fetched again when something has changed."""
        rows = await self._current(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.fragment(visitor, request, "bypasses/now.html", rows=rows)

    async def _current(self, visitor: Visitor) -> list[BypassRow] | Refusal:
        """Return the bypasses that may be used now, and those that ended a short while ago, the newest first."""
        active: list[BypassRow] | Refusal = await self._desk.perform(visitor, "bypass.list", BypassList(limit=1_000))
        recent: list[BypassRow] | Refusal = await self._desk.perform(
            visitor, "bypass.list", BypassList(all=True, limit=_MOST_RECENT)
        )
        if isinstance(active, Refusal):
            return active
        if isinstance(recent, Refusal):
            return recent
        since = self._desk.now() - _RECENT
        ended = [row for row in recent if row.ended_at and datetime.fromisoformat(row.ended_at) >= since]
        return [*active, *(row for row in ended if row.state is not BypassState.ACTIVE)]

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        user = request.query_params.get("user", "")
        let_through = request.query_params.get("let_through", "")
        return await self._form(visitor, request, Form(values={"user": user, "let_through": let_through}))

    async def _form(self, visitor: Visitor, request: Request, form: Form) -> Response:
        choices: BypassChoice | Refusal = await self._desk.perform(visitor, "bypass.choices", BypassChoices())
        if isinstance(choices, Refusal):
            return self._desk.refused(visitor, request, choices)
        if not form.wrong and not form.value("seconds"):
            form = form.having(seconds=str(choices.default))
        return self._desk.shell.page(
            visitor,
            request,
            "bypasses/add.html",
            status=422 if form.wrong else 200,
            form=form,
            choices=choices,
            steps=STEPS,
            waiting=await self._waits(visitor, form.value("user")),
        )

    async def _waits(self, visitor: Visitor, user: str) -> list[PendingRow]:
        """Return what is in progress for somebody; nothing where nobody goes by that name."""
        if not user.strip():
            return []
        found: list[PendingRow] | Refusal = await self._desk.perform(visitor, "pending", PendingList(user=user))
        return [] if isinstance(found, Refusal) else found

    async def _waiting(self, visitor: Visitor, request: Request) -> Response:
        user = request.query_params.get("user", "")
        return self._desk.shell.fragment(
            visitor,
            request,
            "bypasses/waiting.html",
            waiting=await self._waits(visitor, user),
            form=Form(values={"let_through": request.query_params.get("let_through", "")}),
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._form(visitor, request, form)

        async def done(added: BypassAdded) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            seconds = reading.seconds(added.seconds)
            message = reading.gettext(_LET_IN if added.let_through else _ADDED, user=added.user, seconds=seconds)
            tone = "warn" if added.notes else "good"
            notes = (said_plainly(note, reading)[0] for note in added.notes)
            return self._desk.on(visitor, HOME, " ".join((message, *notes)), tone)

        return await self._desk.submitted(visitor, request, "bypass.add", again=again, done=done)

    async def _cancel(self, visitor: Visitor, request: Request) -> Response:
        return await self._cancelling(visitor, request, Form())

    async def _cancelling(self, visitor: Visitor, request: Request, form: Form) -> Response:
        wanted = request.path_params["id"]
        rows: list[BypassRow] | Refusal = await self._desk.perform(visitor, "bypass.list", BypassList(limit=1_000))
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.page(
            visitor,
            request,
            "bypasses/cancel.html",
            status=422 if form.wrong else 200,
            form=form,
            row=next((row for row in rows if row.id == wanted), None),
        )

    async def _cancelled(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._cancelling(visitor, request, form)

        async def done(cancelled: BypassCancelled) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, HOME, reading.gettext(_CANCELLED, user=cancelled.user))

        given = {"id": request.path_params["id"]}
        return await self._desk.submitted(visitor, request, "bypass.cancel", again=again, done=done, given=given)
