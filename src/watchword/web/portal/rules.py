"""
Caching rules: which logins are let in again without a second step, in the order in which they decide.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.application_rows import ApplicationList, ApplicationRow
from watchword.app.manage.foreseeing import RuleForesee, RuleForeseen
from watchword.app.manage.rules import RuleAdded, RuleChanged, RuleList, RuleRemoved, RuleRow
from watchword.domain.applications import AuthenticationType
from watchword.domain.caching import CacheType
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form, arguments_of
from watchword.web.portal.languages import marked
from watchword.web.portal.visitor import Visitor

HOME: Final = "/rules"

STEPS: Final = (60, 300, 3_600, 28_800)

MEANINGS: Final = (
    (
        CacheType.IP,
        marked("Again at the same application and from the same address. The narrowest: for VPNs that log in anew."),
    ),
    (
        CacheType.APPLICATION,
        marked("Again at the same application, from anywhere. Whoever else has the password gets in too."),
    ),
    (
        CacheType.USER,
        marked("Again at every application, from anywhere. The widest: for a few minutes at most."),
    ),
)

_ADDED: Final = marked("The rule holds from now on.")
_OFF: Final = marked("The rule is off, and nothing is honoured under it any more.")
_CHANGED: Final = marked("The rule keeps a login for %(seconds)s from now on.")
_REMOVED: Final = marked("The rule is gone, and nothing is honoured under it any more.")


class Rules:
    """Serves the pages of caching rules."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.RULE_READ, Permission.RULE_WRITE
        one = f"{HOME}/{{id}}"
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/add", door(self._add, permission=write), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=write), methods=["POST"]),
            Route(f"{HOME}/foresee", door(self._foresee, permission=read), methods=["GET"]),
            Route(f"{one}/change", door(self._change, permission=write), methods=["GET"]),
            Route(f"{one}/change", door(self._changed, permission=write), methods=["POST"]),
            Route(f"{one}/remove", door(self._remove, permission=write), methods=["GET"]),
            Route(f"{one}/remove", door(self._removed, permission=write), methods=["POST"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        rows: list[RuleRow] | Refusal = await self._desk.perform(visitor, "rule.list", RuleList())
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.page(visitor, request, "rules/home.html", rows=rows)

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        return await self._form(visitor, request, Form(values={"type": CacheType.IP.value, "seconds": "300"}))

    async def _form(self, visitor: Visitor, request: Request, form: Form) -> Response:
        applications: list[ApplicationRow] | Refusal = await self._desk.perform(
            visitor, "application.list", ApplicationList()
        )
        if isinstance(applications, Refusal):
            return self._desk.refused(visitor, request, applications)
        return self._desk.shell.page(
            visitor,
            request,
            "rules/add.html",
            status=422 if form.wrong else 200,
            form=form,
            meanings=MEANINGS,
            steps=STEPS,
            types=tuple(AuthenticationType),
            applications=[row.name for row in applications],
            foreseen=None,
        )

    async def _foresee(self, visitor: Visitor, request: Request) -> Response:
        """Return what the rule in the form would have done, nothing while the form says no rule."""
        reading = self._desk.shell.reading(request, visitor)
        wanted = arguments_of(request.query_params, RuleForesee, reading)
        foreseen: RuleForeseen | Refusal | None = None
        if isinstance(wanted, RuleForesee) and (wanted.id or (wanted.type and wanted.seconds)):
            foreseen = await self._desk.perform(visitor, "rule.foresee", wanted)
        return self._desk.shell.fragment(
            visitor,
            request,
            "rules/foreseen.html",
            foreseen=None if isinstance(foreseen, Refusal) else foreseen,
            refusal=foreseen if isinstance(foreseen, Refusal) else None,
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._form(visitor, request, form)

        async def done(_added: RuleAdded) -> Response:
            return self._on(visitor, request, _ADDED)

        return await self._desk.submitted(visitor, request, "rule.add", again=again, done=done)

    def _on(self, visitor: Visitor, request: Request, message: str, **values: object) -> Response:
        reading = self._desk.shell.reading(request, visitor)
        return self._desk.on(visitor, HOME, reading.gettext(message, **values))

    async def _one(self, visitor: Visitor, request: Request, template: str, form: Form, **values: Any) -> Response:
        rows: list[RuleRow] | Refusal = await self._desk.perform(visitor, "rule.list", RuleList())
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        row = next((row for row in rows if row.id == request.path_params["id"]), None)
        return self._desk.shell.page(
            visitor, request, template, status=422 if form.wrong else 200, form=form, row=row, **values
        )

    async def _change(self, visitor: Visitor, request: Request) -> Response:
        return await self._one(visitor, request, "rules/change.html", Form(), steps=STEPS)

    async def _changed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._one(visitor, request, "rules/change.html", form, steps=STEPS)

        async def done(changed: RuleChanged) -> Response:
            if not changed.enabled:
                return self._on(visitor, request, _OFF)
            reading = self._desk.shell.reading(request, visitor)
            return self._on(visitor, request, _CHANGED, seconds=reading.seconds(changed.seconds))

        given = {"id": request.path_params["id"]}
        return await self._desk.submitted(visitor, request, "rule.change", again=again, done=done, given=given)

    async def _remove(self, visitor: Visitor, request: Request) -> Response:
        return await self._one(visitor, request, "rules/remove.html", Form())

    async def _removed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._one(visitor, request, "rules/remove.html", form)

        async def done(_removed: RuleRemoved) -> Response:
            return self._on(visitor, request, _REMOVED)

        given = {"id": request.path_params["id"]}
        return await self._desk.submitted(visitor, request, "rule.remove", again=again, done=done, given=given)
