"""
What is done to an MFA server: renamed, moved, given a new key, revoked, removed. Each is a page that says what it does.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.groups import GroupList, GroupRow
from watchword.app.servers.listing import ServerNamed, ServerShown
from watchword.app.servers.managing import ServerDone
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.servers import HOME, path_of
from watchword.web.portal.visitor import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    Something that is done to a server.

    Attributes:
        name: of its page, below the server's.
        operation: that does it.
        title, submit, means, done: marked for translation; what it is called, what its button says, what it will do,
            and what was done.
        field: the argument that is asked for besides the server, None for none.
        fresh: whether it needs a fresh second step.
        danger: whether its button warns.
    """

    name: str
    operation: str
    title: str
    submit: str
    means: str
    done: str
    field: str | None = None
    fresh: bool = False
    danger: bool = False


ACTS: Final[tuple[Act, ...]] = (
    Act(
        name="rename",
        operation="server.rename",
        title=marked("Rename the server"),
        submit=marked("Save"),
        means=marked("What happened under the old name keeps it."),
        done=marked("The server is called %(server)s now."),
        field="name",
    ),
    Act(
        name="move",
        operation="server.move",
        title=marked("Move the server to another group"),
        submit=marked("Move"),
        means=marked(
            "From then on it shares bypasses, prompts and what rules remember with the servers of that group. Logins"
            " that are in progress there are denied."
        ),
        done=marked("%(server)s is moved."),
        field="group",
        fresh=True,
    ),
    Act(
        name="renew",
        operation="server.renew",
        title=marked("Renew the server's key"),
        submit=marked("Renew"),
        means=marked("It makes itself a new key when it is next heard. Nobody notices."),
        done=marked("%(server)s makes itself a new key."),
    ),
    Act(
        name="revoke",
        operation="server.revoke",
        title=marked("Revoke the server"),
        submit=marked("Revoke"),
        means=marked(
            "Nothing that it says counts any more from this moment on, and VPNs that ask it are denied. It cannot be"
            " undone: to serve again it is activated as a new server."
        ),
        done=marked("%(server)s is revoked."),
        field="reason",
        fresh=True,
        danger=True,
    ),
    Act(
        name="remove",
        operation="server.remove",
        title=marked("Remove the server"),
        submit=marked("Remove"),
        means=marked("It leaves the list. What happened there stays in activity and audit."),
        done=marked("%(server)s is removed."),
        fresh=True,
        danger=True,
    ),
)
"""All of them."""


class ServerActs:
    """Serves a page for each of `ACTS`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [route for act in ACTS for route in self._routes(act)]

    def _routes(self, act: Act) -> tuple[Route, Route]:
        door = self._desk.doors.signed_in

        async def ask(visitor: Visitor, request: Request) -> Response:
            return await self._page(visitor, request, act, Form())

        async def do(visitor: Visitor, request: Request) -> Response:
            return await self._do(visitor, request, act)

        path, write = f"{HOME}/{{server}}/{act.name}", Permission.SERVER_WRITE
        return (
            Route(path, door(ask, permission=write, fresh=act.fresh), methods=["GET"]),
            Route(path, door(do, permission=write, fresh=act.fresh), methods=["POST"]),
        )

    async def _page(self, visitor: Visitor, request: Request, act: Act, form: Form) -> Response:
        named = ServerNamed(server=request.path_params["server"])
        found: ServerShown | Refusal = await self._desk.perform(visitor, "server.show", named)
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        groups: list[GroupRow] | Refusal = await self._desk.perform(visitor, "group.list", GroupList())
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        if act.field == "name" and not form.wrong:
            form = form.having(name=found.server.name)
        return self._desk.shell.page(
            visitor,
            request,
            "servers/act.html",
            status=422 if form.wrong else 200,
            form=form,
            act=act,
            server=found.server,
            groups=[(group.name, group.name) for group in groups if group.name != found.server.group],
            home=path_of(found.server.id),
        )

    async def _do(self, visitor: Visitor, request: Request, act: Act) -> Response:
        async def again(form: Form) -> Response:
            return await self._page(visitor, request, act, form)

        async def done(changed: ServerDone) -> Response:
            if changed.not_reached:
                return self._desk.shell.page(
                    visitor, request, "servers/not-reached.html", done=changed, home=path_of(changed.id)
                )
            words = self._desk.shell.reading(request, visitor).gettext(act.done, server=changed.name)
            return self._desk.on(visitor, HOME if act.operation == "server.remove" else path_of(changed.id), words)

        given = {"server": request.path_params["server"]}
        return await self._desk.submitted(visitor, request, act.operation, again=again, done=done, given=given)
