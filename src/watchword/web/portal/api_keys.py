"""
Keys of programs: made, shown once, revoked.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal, not_found
from watchword.app.manage.api_keys import KeyAdded, KeyList, KeyRevoked, KeyRow
from watchword.domain.roles import Permission, Role
from watchword.web.portal.administrators import role_triples
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.visitor import Visitor

HOME: Final = "/api-keys"

LIVES: Final = (86_400, 30 * 86_400, 90 * 86_400, 365 * 86_400)
"""Seconds that one chooses."""

_WITHOUT_END: Final = marked("Until it is revoked")
_REVOKED: Final = marked("The key %(name)s is revoked.")
_NOT_THERE: Final = not_found("there is no such key")


class ApiKeys:
    """Serves the pages of keys."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.API_KEY_READ, Permission.API_KEY_WRITE
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/add", door(self._add, permission=write, fresh=True), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=write, fresh=True), methods=["POST"]),
            Route(f"{HOME}/{{id}}/revoke", door(self._revoke, permission=write), methods=["GET"]),
            Route(f"{HOME}/{{id}}/revoke", door(self._revoked, permission=write), methods=["POST"]),
        ]

    async def _rows(self, visitor: Visitor) -> list[KeyRow] | Refusal:
        rows: list[KeyRow] | Refusal = await self._desk.perform(visitor, "key.list", KeyList())
        return rows

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        roles = {role.value: role for role in Role}
        return self._desk.shell.page(visitor, request, "api-keys/home.html", rows=rows, roles=roles)

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        return self._adding(visitor, request, Form(values={"role": Role.AUDITOR.value, "expires_in": str(LIVES[2])}))

    def _adding(self, visitor: Visitor, request: Request, form: Form) -> Response:
        reading = self._desk.shell.reading(request, visitor)
        return self._desk.shell.page(
            visitor,
            request,
            "api-keys/add.html",
            status=422 if form.wrong else 200,
            form=form,
            role_triples=role_triples(reading),
            life_choices=[
                *((str(seconds), reading.seconds(seconds)) for seconds in LIVES),
                ("", reading.gettext(_WITHOUT_END)),
            ],
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return self._adding(visitor, request, form)

        async def done(added: KeyAdded) -> Response:
            return self._desk.shell.page(visitor, request, "api-keys/added.html", key=added, role=Role(added.role))

        return await self._desk.submitted(visitor, request, "key.add", again=again, done=done)

    async def _revoke(self, visitor: Visitor, request: Request) -> Response:
        return await self._revoking(visitor, request, Form())

    async def _revoking(self, visitor: Visitor, request: Request, form: Form) -> Response:
        rows, wanted = await self._rows(visitor), request.path_params["id"]
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        row = next((one for one in rows if one.id == wanted), None)
        if row is None:
            return self._desk.refused(visitor, request, _NOT_THERE)
        status = 422 if form.wrong else 200
        return self._desk.shell.page(visitor, request, "api-keys/revoke.html", status=status, row=row, form=form)

    async def _revoked(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._revoking(visitor, request, form)

        async def done(revoked: KeyRevoked) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, HOME, reading.gettext(_REVOKED, name=revoked.name))

        given = {"id": request.path_params["id"]}
        return await self._desk.submitted(visitor, request, "key.revoke", again=again, done=done, given=given)
