"""
Replication groups: added, renamed, removed while nothing is in them.
"""

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.groups import GroupList, GroupRow
from watchword.app.servers.listing import ServerList, ServerRow
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.roles import Permission
from watchword.domain.servers import ServerStatus
from watchword.kit.identifiers import text
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.visitor import Visitor

HOME: Final = "/groups"

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
            Route(f"{HOME}/add", door(self._add, permission=write), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=write), methods=["POST"]),
            Route(f"{one}/rename", door(self._rename, permission=write), methods=["GET"]),
            Route(f"{one}/rename", door(self._renamed, permission=write), methods=["POST"]),
            Route(f"{one}/remove", door(self._remove, permission=write), methods=["GET"]),
            Route(f"{one}/remove", door(self._removed, permission=write), methods=["POST"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        groups: list[GroupRow] | Refusal = await self._desk.perform(visitor, "group.list", GroupList())
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        servers: list[ServerRow] | Refusal = await self._desk.perform(visitor, "server.list", ServerList())
        if isinstance(servers, Refusal):
            return self._desk.refused(visitor, request, servers)
        rows = [
            {
                "group": group,
                "fixed": group.id == text(DEFAULT_GROUP),
                "path": f"{HOME}/{quote(group.name, safe='')}",
                "servers": [(one.name, ServerStatus(one.status)) for one in servers if one.group == group.name],
            }
            for group in groups
        ]
        return self._desk.shell.page(visitor, request, "groups/home.html", rows=rows)

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        return self._form(visitor, request, "groups/add.html", Form())

    def _form(self, visitor: Visitor, request: Request, template: str, form: Form) -> Response:
        name = request.path_params.get("group", "")
        path = f"{HOME}/{quote(name, safe='')}"
        status = 422 if form.wrong else 200
        return self._desk.shell.page(visitor, request, template, status=status, form=form, name=name, path=path)

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        return await self._done(visitor, request, "group.add", "groups/add.html", _ADDED)

    async def _rename(self, visitor: Visitor, request: Request) -> Response:
        name = request.path_params["group"]
        return self._form(visitor, request, "groups/rename.html", Form(values={"name": name}))

    async def _renamed(self, visitor: Visitor, request: Request) -> Response:
        return await self._done(visitor, request, "group.rename", "groups/rename.html", _RENAMED)

    async def _remove(self, visitor: Visitor, request: Request) -> Response:
        return self._form(visitor, request, "groups/remove.html", Form())

    async def _removed(self, visitor: Visitor, request: Request) -> Response:
        return await self._done(visitor, request, "group.remove", "groups/remove.html", _REMOVED)

    async def _done(self, visitor: Visitor, request: Request, operation: str, template: str, message: str) -> Response:
        async def again(form: Form) -> Response:
            return self._form(visitor, request, template, form)

        async def done(group: GroupRow) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, HOME, reading.gettext(message, group=group.name))

        given = {"group": request.path_params["group"]} if "group" in request.path_params else {}
        return await self._desk.submitted(visitor, request, operation, again=again, done=done, given=given)
