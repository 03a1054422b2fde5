"""
Server settings: activation credentials, made, shown once, listed and withdrawn, with the commands that use them.
"""

import shlex
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.groups import GroupList, GroupRow
from watchword.app.servers.credentials import CredentialsList, CredentialsMade, CredentialsRow, CredentialsWithdrawn
from watchword.app.servers.listing import ServerNamed, ServerShown
from watchword.domain.enrolment import CREDENTIALS_SECONDS, CredentialsState
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.servers import HOME as SERVERS
from watchword.web.portal.servers import path_of
from watchword.web.portal.visitor import Visitor

HOME: Final = "/server-settings"
CREDENTIALS: Final = f"{HOME}/credentials"

FOLDER: Final = "/var/lib/watchword-server"
"""Where the commands that are shown keep a server's data."""

_ANY: Final = marked("Any group: it is chosen on the server")
_WITHDRAWN: Final = marked("The credentials %(email)s are withdrawn.")


def commands(made: CredentialsMade, group: str | None) -> tuple[str, ...]:
    """Return what is typed on the machine that becomes an MFA server; the password is asked for there."""
    bound = f" --group {shlex.quote(group)}" if group else ""
    return (
        f"watchword server activate {shlex.quote(made.url)} --email {made.email}{bound} --data {FOLDER}",
        f"watchword server run --data {FOLDER} --radius 0.0.0.0:1812",
    )


class ServerSettings:
    """Serves the pages of activation credentials."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.SERVER_READ, Permission.SERVER_WRITE
        again = f"{SERVERS}/{{server}}/new-key"
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{CREDENTIALS}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{CREDENTIALS}/add", door(self._add, permission=write, fresh=True), methods=["GET"]),
            Route(f"{CREDENTIALS}/add", door(self._added, permission=write, fresh=True), methods=["POST"]),
            Route(f"{CREDENTIALS}/{{credentials}}/withdraw", door(self._withdrawn, permission=write), methods=["POST"]),
            Route(again, door(self._renew, permission=write, fresh=True), methods=["GET"]),
            Route(again, door(self._renewed, permission=write, fresh=True), methods=["POST"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.page(visitor, request, "server-settings/home.html", rows=rows, form=Form())

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.fragment(visitor, request, "server-settings/now.html", rows=rows)

    async def _rows(self, visitor: Visitor) -> list[tuple[CredentialsRow, CredentialsState]] | Refusal:
        rows: list[CredentialsRow] | Refusal = await self._desk.perform(
            visitor, "server.credentials-list", CredentialsList()
        )
        return rows if isinstance(rows, Refusal) else [(row, CredentialsState(row.state)) for row in rows]

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        return await self._adding(visitor, request, Form())

    async def _adding(self, visitor: Visitor, request: Request, form: Form) -> Response:
        groups: list[GroupRow] | Refusal = await self._desk.perform(visitor, "group.list", GroupList())
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        reading = self._desk.shell.reading(request, visitor)
        return self._desk.shell.page(
            visitor,
            request,
            "server-settings/add.html",
            status=422 if form.wrong else 200,
            form=form,
            groups=[("", reading.gettext(_ANY)), *((group.name, group.name) for group in groups)],
            ask_group=len(groups) > 1,
            seconds=CREDENTIALS_SECONDS,
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._adding(visitor, request, form)

        async def done(made: CredentialsMade) -> Response:
            return self._shown(visitor, request, made, back=HOME)

        return await self._desk.submitted(visitor, request, "server.credentials", again=again, done=done)

    def _shown(self, visitor: Visitor, request: Request, made: CredentialsMade, *, back: str) -> Response:
        """Return the one page that shows credentials."""
        return self._desk.shell.page(
            visitor,
            request,
            "server-settings/made.html",
            made=made,
            commands=commands(made, None),
            seconds=CREDENTIALS_SECONDS,
            back=back,
        )

    async def _withdrawn(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            rows = await self._rows(visitor)
            if isinstance(rows, Refusal):
                return self._desk.refused(visitor, request, rows)
            return self._desk.shell.page(
                visitor, request, "server-settings/home.html", status=422, rows=rows, form=form
            )

        async def done(withdrawn: CredentialsWithdrawn) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, HOME, reading.gettext(_WITHDRAWN, email=withdrawn.email))

        given = {"credentials": request.path_params["credentials"]}
        return await self._desk.submitted(
            visitor, request, "server.credentials-withdraw", again=again, done=done, given=given
        )

    async def _renew(self, visitor: Visitor, request: Request) -> Response:
        return await self._renewing(visitor, request, Form())

    async def _renewing(self, visitor: Visitor, request: Request, form: Form) -> Response:
        named = ServerNamed(server=request.path_params["server"])
        found: ServerShown | Refusal = await self._desk.perform(visitor, "server.show", named)
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        return self._desk.shell.page(
            visitor,
            request,
            "server-settings/new-key.html",
            status=422 if form.wrong else 200,
            form=form,
            server=found.server,
            home=path_of(found.server.name),
        )

    async def _renewed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._renewing(visitor, request, form)

        async def done(made: CredentialsMade) -> Response:
            return self._shown(visitor, request, made, back=path_of(request.path_params["server"]))

        given = {"server": request.path_params["server"]}
        return await self._desk.submitted(visitor, request, "server.credentials", again=again, done=done, given=given)
