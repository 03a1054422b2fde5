"""
Settings: what holds for the whole organisation, each with what it means, its default, its bounds and its risk.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal, not_found
from watchword.app.manage.settings import SettingList, SettingRow
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.setting_words import GROUPS, SettingLine, Unit, setting_line
from watchword.web.portal.visitor import Visitor

HOME: Final = "/settings"

_CHANGED: Final = marked("%(setting)s: %(value)s from now on.")
_RISKY: Final = marked("%(setting)s: %(value)s from now on. %(risk)s")
_LONGEST_VALUE: Final = 12


class SettingPages:
    """Serves the settings."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.SETTING_READ, Permission.SETTING_WRITE
        one = f"{HOME}/{{name}}"
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._now, permission=read), methods=["GET"]),
            Route(one, door(self._change, permission=write, fresh=True), methods=["GET"]),
            Route(one, door(self._changed, permission=write, fresh=True), methods=["POST"]),
            Route(f"{one}/means", door(self._means, permission=write), methods=["GET"]),
        ]

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        groups = await self._groups(visitor, request)
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        return self._desk.shell.page(visitor, request, "settings/home.html", groups=groups)

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        groups = await self._groups(visitor, request)
        if isinstance(groups, Refusal):
            return self._desk.refused(visitor, request, groups)
        return self._desk.shell.fragment(visitor, request, "settings/now.html", groups=groups)

    async def _groups(self, visitor: Visitor, request: Request) -> list[tuple[str, list[SettingLine]]] | Refusal:
        """Return the settings by what they are about."""
        rows: list[SettingRow] | Refusal = await self._desk.perform(visitor, "setting.list", SettingList())
        if isinstance(rows, Refusal):
            return rows
        reading = self._desk.shell.reading(request, visitor)
        groups: dict[str, list[SettingLine]] = {}
        for row in rows:
            groups.setdefault(row.name.partition(".")[0], []).append(setting_line(row, reading))
        return [(reading.gettext(GROUPS.get(name, name)), lines) for name, lines in groups.items()]

    async def _one(self, visitor: Visitor, request: Request) -> SettingRow | Refusal:
        rows: list[SettingRow] | Refusal = await self._desk.perform(visitor, "setting.list", SettingList())
        if isinstance(rows, Refusal):
            return rows
        found = next((row for row in rows if row.name == request.path_params["name"]), None)
        return found or not_found("there is no such setting")

    async def _change(self, visitor: Visitor, request: Request) -> Response:
        return await self._form(visitor, request, Form())

    async def _form(self, visitor: Visitor, request: Request, form: Form) -> Response:
        row = await self._one(visitor, request)
        if isinstance(row, Refusal):
            return self._desk.refused(visitor, request, row)
        if not form.wrong and not form.value("value"):
            form = form.having(value=f"{row.value:g}")
        return self._desk.shell.page(
            visitor,
            request,
            "settings/change.html",
            status=422 if form.wrong else 200,
            form=form,
            line=setting_line(row, self._desk.shell.reading(request, visitor)),
            units=Unit,
        )

    async def _means(self, visitor: Visitor, request: Request) -> Response:
        """Return what the value in the form would mean."""
        row = await self._one(visitor, request)
        if isinstance(row, Refusal):
            return self._desk.refused(visitor, request, row)
        written = request.query_params.get("value", "").strip()
        value = _number(written)
        fits = value is not None and row.least <= value <= row.most
        line = setting_line(row, self._desk.shell.reading(request, visitor), value if fits else None)
        return self._desk.shell.fragment(visitor, request, "settings/means.html", line=line)

    async def _changed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._form(visitor, request, form)

        async def done(row: SettingRow) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            line = setting_line(row, reading)
            said = reading.gettext(
                _RISKY if line.risk else _CHANGED, setting=line.title, value=line.value, risk=line.risk
            )
            return self._desk.on(visitor, HOME, said, "warn" if line.risk else "good")

        given = {"name": request.path_params["name"]}
        return await self._desk.submitted(visitor, request, "setting.set", again=again, done=done, given=given)


def _number(written: str) -> float | None:
    """Return what somebody has typed as a number, None where it is none."""
    if not written.isascii() or len(written) > _LONGEST_VALUE:
        return None
    try:
        return float(written)
    except ValueError:
        return None
