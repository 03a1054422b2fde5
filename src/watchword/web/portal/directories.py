"""
Directories: where passwords are checked that are not ours. Listed, added, tested, removed.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal, not_found
from watchword.app.manage.directories import (
    DirectoryAdded,
    DirectoryList,
    DirectoryRemoved,
    DirectoryRow,
    DirectoryType,
)
from watchword.app.manage.directory_test import DirectoryTested
from watchword.domain.roles import Permission
from watchword.domain.verification import PrimaryVerdict
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.sentences import said_plainly
from watchword.web.portal.visitor import Visitor

HOME: Final = "/directories"

MEANINGS: Final = (
    (DirectoryType.LDAP, marked("Active Directory, OpenLDAP, and whatever else speaks LDAP.")),
    (DirectoryType.RADIUS, marked("A RADIUS server behind us, such as NPS or FreeRADIUS, that checks passwords.")),
)

_ADDED: Final = marked("%(directory)s is added. Test it with a user of yours next.")
_REMOVED: Final = marked("%(directory)s is removed.")
_GONE: Final = not_found("there is no such directory")

_REACHED: Final = marked("The directory is reached, and answers.")
_FOUND: Final = marked("One user goes by that name there.")
_CHECKED: Final = marked("The password is right, and the account may sign in.")

_FAILS_AT: Final = {
    PrimaryVerdict.AWAY: 0,
    PrimaryVerdict.UNKNOWN: 1,
    PrimaryVerdict.AMBIGUOUS: 1,
    PrimaryVerdict.REJECTED: 2,
    PrimaryVerdict.REFUSED: 2,
    PrimaryVerdict.ACCEPTED: 3,
}
"""The step at which each verdict came, 3 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a test: what it asks, marked for translation, and whether it held; None where it was not come to."""

    words: str
    held: bool | None


def steps_of(tested: DirectoryTested, kind: DirectoryType) -> list[Step]:
    """Return the steps of a test; a RADIUS server does not tell whether it knows a user whose password is wrong."""
    words = (_REACHED, _CHECKED) if kind is DirectoryType.RADIUS else (_REACHED, _FOUND, _CHECKED)
    fails = _FAILS_AT[tested.verdict]
    if kind is DirectoryType.RADIUS and fails:
        fails = max(1, fails - 1)
    return [
        Step(words=word, held=True if place < fails else False if place == fails else None)
        for place, word in enumerate(words)
    ]


class Directories:
    """Serves the pages of directories."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.APPLICATION_READ, Permission.APPLICATION_WRITE
        one = f"{HOME}/{{id}}"
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/add", door(self._add, permission=write, fresh=True), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=write, fresh=True), methods=["POST"]),
            Route(f"{one}/test", door(self._test, permission=write, fresh=True), methods=["GET"]),
            Route(f"{one}/test", door(self._tested, permission=write, fresh=True), methods=["POST"]),
            Route(f"{one}/remove", door(self._remove, permission=write, fresh=True), methods=["GET"]),
            Route(f"{one}/remove", door(self._removed, permission=write, fresh=True), methods=["POST"]),
        ]

    async def _rows(self, visitor: Visitor) -> list[DirectoryRow] | Refusal:
        rows: list[DirectoryRow] | Refusal = await self._desk.perform(visitor, "directory.list", DirectoryList())
        return rows

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        return self._desk.shell.page(visitor, request, "directories/home.html", rows=rows)

    # --- adding one

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        wanted = request.query_params.get("type", "")
        kind = wanted if wanted in tuple(DirectoryType) else DirectoryType.LDAP.value
        return self._adding(visitor, request, Form(values={"type": kind, "timeout": "3", "tries": "2"}))

    def _adding(self, visitor: Visitor, request: Request, form: Form) -> Response:
        status = 422 if form.wrong else 200
        return self._desk.shell.page(
            visitor, request, "directories/add.html", status=status, form=form, meanings=MEANINGS
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return self._adding(visitor, request, form)

        async def done(added: DirectoryAdded) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            notes = (said_plainly(note, reading)[0] for note in added.notes)
            words = " ".join((reading.gettext(_ADDED, directory=added.name), *notes))
            return self._desk.on(visitor, f"{HOME}/{added.id}/test", words, "warn" if added.notes else "good")

        return await self._desk.submitted(
            visitor, request, "directory.add", again=again, done=done, hidden=("bind_password", "secret")
        )

    # --- one directory

    async def _one(self, visitor: Visitor, request: Request, template: str, form: Form, **values: Any) -> Response:
        rows = await self._rows(visitor)
        if isinstance(rows, Refusal):
            return self._desk.refused(visitor, request, rows)
        row = next((row for row in rows if row.id == request.path_params["id"]), None)
        if row is None:
            return self._desk.refused(visitor, request, _GONE)
        tested = values.get("tested")
        steps = [] if tested is None else steps_of(tested, row.type)
        status = 422 if form.wrong else 200
        return self._desk.shell.page(
            visitor, request, template, status=status, row=row, form=form, steps=steps, **values
        )

    async def _test(self, visitor: Visitor, request: Request) -> Response:
        return await self._one(visitor, request, "directories/test.html", Form(), tested=None)

    async def _tested(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._one(visitor, request, "directories/test.html", form, tested=None)

        async def done(tested: DirectoryTested) -> Response:
            form = Form(values={"user": tested.user})
            return await self._one(visitor, request, "directories/test.html", form, tested=tested)

        given = {"name": request.path_params["id"]}
        return await self._desk.submitted(
            visitor, request, "directory.test", again=again, done=done, given=given, hidden=("password",)
        )

    async def _remove(self, visitor: Visitor, request: Request) -> Response:
        return await self._one(visitor, request, "directories/remove.html", Form())

    async def _removed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._one(visitor, request, "directories/remove.html", form)

        async def done(removed: DirectoryRemoved) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            return self._desk.on(visitor, HOME, reading.gettext(_REMOVED, directory=removed.name))

        given = {"name": request.path_params["id"]}
        return await self._desk.submitted(visitor, request, "directory.remove", again=again, done=done, given=given)
