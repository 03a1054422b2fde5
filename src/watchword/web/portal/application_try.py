"""
Trying a login: a real request through the real listener, and what came back in words.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.diagnose.try_login import Tried
from watchword.app.manage.activity import ActivityFound, ActivitySearch
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.domain.secrets import Secret
from watchword.web.portal.application_known import HOME, known
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import fields_of
from watchword.web.portal.visitor import Visitor

_SHOWN: Final = ("user", "station")
"""Fields that come back. A password and a code never do."""


class TryingApplications:
    """Serves the page on which a login is tried."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, write = self._desk.doors.signed_in, Permission.APPLICATION_WRITE
        path = f"{HOME}/{{id}}/try"
        return [
            Route(path, door(self._ask, permission=write, fresh=True), methods=["GET"]),
            Route(path, door(self._try, permission=write, fresh=True), methods=["POST"]),
        ]

    async def _ask(self, visitor: Visitor, request: Request) -> Response:
        return await self._page(visitor, request, Form(values={"user": request.query_params.get("user", "")}))

    async def _page(self, visitor: Visitor, request: Request, form: Form, **values: Any) -> Response:
        found = await known(self._desk, visitor, request.path_params["id"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        values = {"tried": None, "why": None, **values}
        status = 422 if form.wrong else 200
        return self._desk.shell.page(
            visitor, request, "applications/try.html", status=status, known=found, form=form, **values
        )

    async def _try(self, visitor: Visitor, request: Request) -> Response:
        fields = await fields_of(request)
        if isinstance(fields, Response):
            return fields

        async def again(form: Form) -> Response:
            return await self._page(visitor, request, form)

        async def done(tried: Tried) -> Response:
            form = Form(values={name: str(fields.get(name, "")) for name in _SHOWN})
            why = await self._why(visitor, request, form.value("user"))
            return await self._page(visitor, request, form, tried=tried, why=why)

        # Who only answers a challenge types no password, and an application that asserts it may have none.
        written = fields.get("password")
        password = Secret(written.encode() if isinstance(written, str) else b"")
        given = {"application": request.path_params["id"], "password": password, "via": None}
        return await self._desk.submitted(
            visitor,
            request,
            "try",
            again=again,
            done=done,
            given=given,
            hidden=("password", "code"),
        )

    async def _why(self, visitor: Visitor, request: Request, user: str) -> str | None:
        """Return the newest row of what happened to this user there: what was just tried, if it was heard."""
        if Permission.ACTIVITY_READ not in PERMISSIONS[visitor.actor.role]:
            return None
        found: ActivityFound | Refusal = await self._desk.perform(
            visitor, "activity.search", ActivitySearch(user=user, application=request.path_params["id"], limit=1)
        )
        return found.rows[0].id if isinstance(found, ActivityFound) and found.rows else None
