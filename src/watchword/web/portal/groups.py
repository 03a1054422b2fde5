"""
Replication groups: added, renamed, removed while nothing is in them.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal, not_found
from watchword.app.manage.groups import GroupList, GroupRow
from watchword.app.servers.listing import ServerList, ServerRow
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.roles import Permission
from watchword.kit.identifiers import text
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.servers import EVERY, path_of
from watchword.web.portal.visitor import Visitor

HOME: Final = "/groups"

_NOT_THERE: Final = not_found("there is no such replication group")
_ADDED: Final = marked("The group %(group)s is added.")
_RENAMED: Final = marked("The group is called %(group)s now.")
_REMOVED: Final = marked("The group %(group)s is removed.")


class Groups:
    """Serves the pages of replication groups."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.SERVER_READ, Permission.SERVER_WRITE
        one = f"{HOME}/{{group}}"
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{HOME}/add", door(self._add, permission=write), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=write), methods=["POST"]),
            Route(f"{one}/rename", door(self._rename, permission=write), methods=["GET"]),
            Route(f"{one}/rename", door(self._renamed, permission=write), methods=["POST"]),
            Route(f"{one}/remove", door(self._remove, permission=write), methods=["GET"]),
            Route(f"{one}/remove", door(self._removed, permission=write), methods=["POST"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        return await self._list(visitor, request, "groups/home.html", whole=True)

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        return await self._list(visitor, request, "groups/now.html", whole=False)

    async def _groups(self, visitor: Visitor) -> list[GroupRow] | Refusal:
        groups: list[GroupRow] | Refusal = await self._desk.perform(visitor, "group.list", GroupList())
        return groups

    async def _list(self, visitor: Visitor, request: Request, template: str, *, whole: bool) -> Response:
        groups = await self._groups(visitor)
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        servers: list[ServerRow] | Refusal = await self._desk.perform(visitor, "server.list", ServerList())
        if isinstance(servers, Refusal):
            return self._desk.refused(visitor, request, servers)
        rows = [
            {
                "group": group,
                "fixed": group.id == text(DEFAULT_GROUP),
                "path": f"{HOME}/{group.id}",
                "servers": [(one, path_of(one.id)) for one in servers if one.group == group.name],
            }
            for group in groups
        ]
        make = self._desk.shell.page if whole else self._desk.shell.fragment
        return make(visitor, request, template, rows=rows, every=EVERY)

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        return await self._form(visitor, request, "groups/add.html", Form())

    async def _form(self, visitor: Visitor, request: Request, template: str, form: Form) -> Response:
        groups, name = await self._groups(visitor), ""
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        wanted = request.path_params.get("group")
        if wanted is not None:
            group = next((group for group in groups if group.id == wanted), None)
            if group is None:
                return self._desk.refused(visitor, request, _NOT_THERE)
            name = group.name
            form = form if form.wrong else form.having(name=name)
        status = 422 if form.wrong else 200
        return self._desk.shell.page(
            visitor, request, template, status=status, form=form, name=name, path=f"{HOME}/{wanted}"
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        return await self._done(visitor, request, "group.add", "groups/add.html", _ADDED)

    async def _rename(self, visitor: Visitor, request: Request) -> Response:
        return await self._form(visitor, request, "groups/rename.html", Form())

    async def _renamed(self, visitor: Visitor, request: Request) -> Response:
        return await self._done(visitor, request, "group.rename", "groups/rename.html", _RENAMED)

    async def _remove(self, visitor: Visitor, request: Request) -> Response:
        return await self._form(visitor, request, "groups/remove.html", Form())

    async def _removed(self, visitor: Visitor, request: Request) -> Response:
        return await self._done(visitor, request, "group.remove", "groups/remove.html", _REMOVED)

    async def _done(self, visitor: Visitor, request: Request, operation: str, template: str, message: str) -> Response:
        async def again(form: Form) -> Response:
            return await self._form(visitor, request, template, form)

        async def done(group: GroupRow) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, HOME, reading.gettext(message, group=group.name))

        given = {"group": request.path_params["group"]} if "group" in request.path_params else {}
        return await self._desk.submitted(visitor, request, operation, again=again, done=done, given=given)
