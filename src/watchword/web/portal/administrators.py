"""
Those who administer: who they are, how they are invited, and what is done about one of them.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administering.administrators import AdminDone, AdminLink, AdminList, AdminRow
from watchword.app.administering.sessions import SessionList, SessionRow, SessionsEnded
from watchword.app.administration import Refusal, not_found
from watchword.domain.roles import Permission, Role
from watchword.web.portal.desk import Desk
from watchword.web.portal.entering import text_of
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import fields_of
from watchword.web.portal.languages import marked
from watchword.web.portal.reading import Reading
from watchword.web.portal.visitor import Visitor
from watchword.web.portal.words import LABELS

HOME: Final = "/administrators"

ROLES: Final = (Role.OWNER, Role.AUTHENTICATION_ADMINISTRATOR, Role.HELP_DESK, Role.AUDITOR)

MEANINGS: Final = {
    Role.OWNER: marked("May do everything, and is the only one who changes settings, administrators and keys."),
    Role.AUTHENTICATION_ADMINISTRATOR: marked("Looks after users, applications, rules and servers."),
    Role.HELP_DESK: marked("Helps users: unblocks, gives methods and short bypasses."),
    Role.AUDITOR: marked("Sees everything and changes nothing."),
}
"""What each role is for."""

_CHANGED: Final = marked("%(name)s is changed.")
_NOT_THERE: Final = not_found("there is no such administrator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that is done about an administrator, in words."""

    operation: str
    title: str
    what: str
    submit: str
    done: str
    argument: str = "name"
    kind: str = "danger"


ACTS: Final = {
    "disable": Act(
        operation="admin.disable",
        title=marked("Disable an administrator"),
        what=marked("Their sessions end at once, and nothing lets them in until an owner enables them again."),
        submit=marked("Disable"),
        done=marked("%(name)s is disabled."),
    ),
    "enable": Act(
        operation="admin.enable",
        title=marked("Enable an administrator"),
        what=marked("They sign in again with what they had."),
        submit=marked("Enable"),
        done=marked("%(name)s is enabled."),
        kind="primary",
    ),
    "unlock": Act(
        operation="admin.unlock",
        title=marked("Unlock an administrator"),
        what=marked("Their wrong codes are forgotten. Ask them first whether it was they who typed them."),
        submit=marked("Unlock"),
        done=marked("%(name)s is unlocked."),
        kind="primary",
    ),
    "sign-out": Act(
        operation="session.end-all",
        title=marked("Sign an administrator out everywhere"),
        what=marked("Every session of theirs ends at once."),
        submit=marked("End all sessions"),
        done=marked("%(name)s is signed out everywhere."),
        argument="administrator",
    ),
    "remove": Act(
        operation="admin.remove",
        title=marked("Remove an administrator"),
        what=marked("They are gone with everything that they signed in with. What they did stays written."),
        submit=marked("Remove"),
        done=marked("%(name)s is removed."),
    ),
}


def role_triples(reading: Reading) -> list[tuple[str, str, str]]:
    """Return every role that somebody may have, its word and what it is for, in the reader's language."""
    return [(role.value, reading.gettext(LABELS[role]), reading.gettext(MEANINGS[role])) for role in ROLES]


def page_of(name: str) -> str:
    """Return where one administrator is."""
    return f"{HOME}/{quote(name, safe='')}"


class Administrators:
    """Serves the pages of those who administer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.ADMINISTRATOR_READ, Permission.ADMINISTRATOR_WRITE
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/invite", door(self._invite, permission=write, fresh=True), methods=["GET"]),
            Route(f"{HOME}/invite", door(self._invited, permission=write, fresh=True), methods=["POST"]),
            Route(f"{HOME}/{{name}}", door(self._one, permission=read), methods=["GET"]),
            Route(f"{HOME}/{{name}}", door(self._changed, permission=write, fresh=True), methods=["POST"]),
            Route(f"{HOME}/{{name}}/{{act}}", door(self._act, permission=write, fresh=True), methods=["GET"]),
            Route(f"{HOME}/{{name}}/{{act}}", door(self._acted, permission=write, fresh=True), methods=["POST"]),
        ]

    async def _rows(self, visitor: Visitor) -> list[AdminRow] | Refusal:
        rows: list[AdminRow] | Refusal = await self._desk.perform(visitor, "admin.list", AdminList())
        return rows

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        roles = {role.value: role for role in Role}
        return self._desk.shell.page(visitor, request, "administrators/home.html", rows=rows, roles=roles)

    # --- inviting -------------------------------------------------------------------------------------------------

    async def _invite(self, visitor: Visitor, request: Request) -> Response:
        name = request.query_params.get("name", "")
        return self._inviting(visitor, request, Form(values={"name": name, "role": Role.HELP_DESK.value}))

    def _inviting(self, visitor: Visitor, request: Request, form: Form) -> Response:
        status = 422 if form.wrong else 200
        page, triples = "administrators/invite.html", role_triples(self._desk.shell.reading(request, visitor))
        return self._desk.shell.page(visitor, request, page, status=status, form=form, role_triples=triples)

    async def _invited(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return self._inviting(visitor, request, form)

        async def done(link: AdminLink) -> Response:
            return self._desk.shell.page(visitor, request, "administrators/invited.html", link=link)

        return await self._desk.submitted(visitor, request, "admin.invite", again=again, done=done)

    # --- one of them ----------------------------------------------------------------------------------------------

    async def _one(self, visitor: Visitor, request: Request) -> Response:
        return await self._page(visitor, request, None)

    async def _found(self, visitor: Visitor, request: Request) -> AdminRow | Refusal:
        rows, wanted = await self._rows(visitor), request.path_params["name"]
        if isinstance(rows, Refusal):
            return rows
        return next((row for row in rows if row.name == wanted), _NOT_THERE)

    async def _page(self, visitor: Visitor, request: Request, form: Form | None) -> Response:
        row = await self._found(visitor, request)
        if isinstance(row, Refusal):
            return self._desk.refused(visitor, request, row)
        sessions: list[SessionRow] | Refusal = await self._desk.perform(
            visitor, "session.list", SessionList(administrator=row.name)
        )
        filled = form or Form(values={"role": row.role, "display": row.display, "user": row.user or ""})
        return self._desk.shell.page(
            visitor,
            request,
            "administrators/one.html",
            status=422 if filled.wrong else 200,
            row=row,
            role=Role(row.role),
            roles=ROLES,
            form=filled,
            sessions=[] if isinstance(sessions, Refusal) else sessions,
            himself=row.name == visitor.actor.name,
        )

    async def _changed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._page(visitor, request, form)

        async def done(done: AdminDone) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, page_of(done.name), reading.gettext(_CHANGED, name=done.name))

        fields = await fields_of(request)
        if isinstance(fields, Response):
            return fields
        # An empty user is none, and not what he was.
        given = {"name": request.path_params["name"], "user": text_of(fields, "user").strip()}
        return await self._desk.submitted(visitor, request, "admin.change", again=again, done=done, given=given)

    async def _act(self, visitor: Visitor, request: Request) -> Response:
        return await self._acting(visitor, request, Form())

    async def _acting(self, visitor: Visitor, request: Request, form: Form) -> Response:
        row, act = await self._found(visitor, request), ACTS.get(request.path_params["act"])
        if isinstance(row, Refusal) or act is None:
            return self._desk.refused(visitor, request, row if isinstance(row, Refusal) else _NOT_THERE)
        return self._desk.shell.page(
            visitor,
            request,
            "administrators/act.html",
            status=422 if form.wrong else 200,
            row=row,
            act=act,
            path=request.url.path,
            back=page_of(row.name),
            form=form,
        )

    async def _acted(self, visitor: Visitor, request: Request) -> Response:
        name, act = request.path_params["name"], ACTS.get(request.path_params["act"])
        if act is None:
            return self._desk.refused(visitor, request, _NOT_THERE)

        async def again(form: Form) -> Response:
            return await self._acting(visitor, request, form)

        async def done(_done: AdminDone | SessionsEnded) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            onto = HOME if act.operation == "admin.remove" else page_of(name)
            return self._desk.on(visitor, onto, reading.gettext(act.done, name=name))

        given = {act.argument: name}
        return await self._desk.submitted(visitor, request, act.operation, again=again, done=done, given=given)
