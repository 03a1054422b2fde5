"""
Server settings: activation credentials, made, shown once, listed and withdrawn, with the commands that use them.
"""

import shlex
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal, not_found
from watchword.app.manage.groups import GroupList, GroupRow
from watchword.app.servers.credentials import CredentialsList, CredentialsMade, CredentialsRow, CredentialsWithdrawn
from watchword.app.servers.listing import ServerList, ServerNamed, ServerRow, ServerShown
from watchword.domain.enrolment import CREDENTIALS_SECONDS, CredentialsState
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import fields_of
from watchword.web.portal.languages import marked
from watchword.web.portal.servers import EVERY, path_of
from watchword.web.portal.servers import HOME as SERVERS
from watchword.web.portal.visitor import Visitor

HOME: Final = "/server-settings"
CREDENTIALS: Final = f"{HOME}/credentials"

FOLDER: Final = "/var/lib/watchword-server"
"""Where the commands that are shown keep a server's data."""

_ANY: Final = marked("Any group: it is chosen on the server")
_OVER: Final = not_found("there are no such credentials; `watchword server credentials-list` shows those of a day")
_WITHDRAWN: Final = marked("The credentials %(email)s are withdrawn.")


def commands(made: CredentialsMade) -> tuple[str, str]:
    """Return what is typed on the machine that becomes an MFA server; the password is asked for there."""
    return (
        f"watchword server activate {shlex.quote(made.url)} --email {made.email} --data {FOLDER}",
        f"watchword server run --data {FOLDER} --radius 0.0.0.0:1812",
    )


class ServerSettings:
    """Serves the pages of activation credentials."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.SETTING_READ, Permission.SERVER_WRITE
        again, one = f"{SERVERS}/{{server}}/new-key", f"{CREDENTIALS}/{{credentials}}"
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{CREDENTIALS}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{CREDENTIALS}/add", door(self._add, permission=write, fresh=True), methods=["GET"]),
            Route(f"{CREDENTIALS}/add", door(self._added, permission=write, fresh=True), methods=["POST"]),
            Route(f"{one}/now", door(self._one_now, permission=read), methods=["GET"]),
            Route(f"{one}/withdraw", door(self._withdraw, permission=write), methods=["GET"]),
            Route(f"{one}/withdraw", door(self._withdrawn, permission=write), methods=["POST"]),
            Route(again, door(self._renew, permission=write, fresh=True), methods=["GET"]),
            Route(again, door(self._renewed, permission=write, fresh=True), methods=["POST"]),
        ]

    # --- what there is

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        values = await self._known(visitor)
        if isinstance(values, Refusal):
            return self._desk.refused(visitor, request, values)
        return self._desk.shell.page(visitor, request, "server-settings/home.html", **values)

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        values = await self._known(visitor)
        if isinstance(values, Refusal):
            return self._desk.refused(visitor, request, values)
        return self._desk.shell.fragment(visitor, request, "server-settings/now.html", **values)

    async def _known(self, visitor: Visitor) -> dict[str, Any] | Refusal:
        """Return the credentials of the last day, those that are still good apart, and where servers' pages are."""
        rows: list[CredentialsRow] | Refusal = await self._desk.perform(
            visitor, "server.credentials-list", CredentialsList()
        )
        if isinstance(rows, Refusal):
            return rows
        servers: list[ServerRow] | Refusal = await self._desk.perform(visitor, "server.list", ServerList())
        if isinstance(servers, Refusal):
            return servers
        return {
            "unused": [row for row in rows if row.state is CredentialsState.ACTIVE],
            "ended": [row for row in rows if row.state is not CredentialsState.ACTIVE],
            "paths": {server.name: path_of(server.id) for server in servers},
            "every": EVERY,
            "seconds": CREDENTIALS_SECONDS,
        }

    async def _one(self, visitor: Visitor, wanted: str) -> tuple[CredentialsRow, dict[str, str]] | Refusal:
        values = await self._known(visitor)
        if isinstance(values, Refusal):
            return values
        row = next((row for row in (*values["unused"], *values["ended"]) if row.id == wanted), None)
        return _OVER if row is None else (row, values["paths"])

    async def _one_now(self, visitor: Visitor, request: Request) -> Response:
        """Return how credentials stand: whoever has made them sees there that the server has come."""
        found = await self._one(visitor, request.path_params["credentials"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        row, paths = found
        return self._desk.shell.fragment(
            visitor, request, "server-settings/waited-for.html", row=row, paths=paths, seconds=CREDENTIALS_SECONDS
        )

    # --- making them

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        return await self._adding(visitor, request, Form())

    async def _groups(self, visitor: Visitor) -> list[GroupRow] | Refusal:
        groups: list[GroupRow] | Refusal = await self._desk.perform(visitor, "group.list", GroupList())
        return groups

    async def _adding(self, visitor: Visitor, request: Request, form: Form) -> Response:
        groups = await self._groups(visitor)
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        reading = self._desk.shell.reading(request, visitor)
        return self._desk.shell.page(
            visitor,
            request,
            "server-settings/add.html",
            status=422 if form.wrong else 200,
            form=form,
            groups=[*((group.name, group.name) for group in groups), ("", reading.gettext(_ANY))],
            ask_group=len(groups) > 1,
            seconds=CREDENTIALS_SECONDS,
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._adding(visitor, request, form)

        async def done(made: CredentialsMade) -> Response:
            groups, fields = await self._groups(visitor), await fields_of(request)
            bound = isinstance(fields, Response) or bool(fields.get("group"))
            several = not isinstance(groups, Refusal) and len(groups) > 1
            return await self._shown(visitor, request, made, back=HOME, choose_group=several and not bound)

        return await self._desk.submitted(visitor, request, "server.credentials", again=again, done=done)

    async def _shown(
        self, visitor: Visitor, request: Request, made: CredentialsMade, *, back: str, choose_group: bool = False
    ) -> Response:
        """Return the one page that shows credentials."""
        found = await self._one(visitor, made.id)
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        row, paths = found
        return self._desk.shell.page(
            visitor,
            request,
            "server-settings/made.html",
            made=made,
            row=row,
            paths=paths,
            commands=commands(made),
            seconds=CREDENTIALS_SECONDS,
            back=back,
            choose_group=choose_group,
            live=f"{CREDENTIALS}/{made.id}/now",
            every=EVERY,
        )

    # --- withdrawing them

    async def _withdraw(self, visitor: Visitor, request: Request) -> Response:
        return await self._withdrawing(visitor, request, Form())

    async def _withdrawing(self, visitor: Visitor, request: Request, form: Form) -> Response:
        found = await self._one(visitor, request.path_params["credentials"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        status = 422 if form.wrong else 200
        return self._desk.shell.page(
            visitor, request, "server-settings/withdraw.html", status=status, form=form, row=found[0]
        )

    async def _withdrawn(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._withdrawing(visitor, request, form)

        async def done(withdrawn: CredentialsWithdrawn) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, HOME, reading.gettext(_WITHDRAWN, email=withdrawn.email))

        given = {"credentials": request.path_params["credentials"]}
        return await self._desk.submitted(
            visitor, request, "server.credentials-withdraw", again=again, done=done, given=given
        )

    # --- a new key for a server that is known

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
            home=path_of(found.server.id),
        )

    async def _renewed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._renewing(visitor, request, form)

        async def done(made: CredentialsMade) -> Response:
            return await self._shown(visitor, request, made, back=path_of(request.path_params["server"]))

        given = {"server": request.path_params["server"]}
        return await self._desk.submitted(visitor, request, "server.credentials", again=again, done=done, given=given)
