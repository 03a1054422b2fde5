"""
What would happen if somebody logged in now: the decision as it would be taken, and nothing changed.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.diagnose.what_if import Foreseen, WhatIf
from watchword.app.manage.application_rows import ApplicationList, ApplicationRow
from watchword.app.manage.groups import GroupList, GroupRow
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form, arguments_of
from watchword.web.portal.users import path_of
from watchword.web.portal.visitor import Visitor

HOME: Final = "/what-if"

_FIELDS: Final = ("user", "application", "source", "code_typed", "group")


class WouldBe:
    """Serves the page that answers what would happen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        return [Route(HOME, door(self._show, permission=Permission.ACTIVITY_READ), methods=["GET"])]

    async def _show(self, visitor: Visitor, request: Request) -> Response:
        applications: list[ApplicationRow] | Refusal = await self._desk.perform(
            visitor, "application.list", ApplicationList()
        )
        if isinstance(applications, Refusal):
            return self._desk.refused(visitor, request, applications)
        groups: list[GroupRow] | Refusal = await self._desk.perform(visitor, "group.list", GroupList())
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        sent = request.query_params
        form = Form(values={name: sent[name] for name in _FIELDS if name in sent})
        foreseen: Foreseen | Refusal | None = None
        # Whoever comes from a user's page has named the user alone, and is still to choose the application.
        if "application" in sent:
            wanted = arguments_of(sent, WhatIf, self._desk.shell.reading(request, visitor))
            if isinstance(wanted, dict):
                form = Form(values=form.values, errors=wanted)
            else:
                foreseen = await self._desk.perform(visitor, "what-if", wanted)
        if isinstance(foreseen, Refusal):
            form, foreseen = form.refused(foreseen, known=_FIELDS), None
        return self._desk.shell.page(
            visitor,
            request,
            "what-if/page.html",
            status=422 if form.wrong else 200,
            form=form,
            applications=[row.name for row in applications],
            groups=[group.name for group in groups],
            foreseen=foreseen,
            home=None if foreseen is None or foreseen.user is None else path_of(foreseen.user),
        )
