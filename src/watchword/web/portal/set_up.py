"""
The pages by which somebody becomes an administrator: his link, what he chooses, and his second step.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.entrance.setting_up import Choice, SettingUp, Shown
from watchword.domain.administrators import SHORTEST_PASSWORD, relying_party
from watchword.domain.secrets import Secret
from watchword.web.portal.cookies import LONGEST, SETUP
from watchword.web.portal.entering import Entering, answer_of, onward, text_of, told
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import Fields
from watchword.web.portal.languages import marked
from watchword.web.portal.qr import qr_of
from watchword.web.portal.recognising import client_in, csrf_of

SETUP_PAGE: Final = "/setup"
SECOND: Final = f"{SETUP_PAGE}/second"

_UNEQUAL: Final = marked("The two passwords are not the same.")


class SetUp:
    """Serves them."""

    def __init__(self, entering: Entering) -> None:
        self._entering = entering
        self._shell = entering.desk.shell
        self._recognising = entering.recognising
        self._setting_up = SettingUp(entering.desk.context)
        self._portal_url = entering.desk.context.portal_url

    def routes(self) -> list[Route]:
        """Return what is served."""
        page, entering = self._entering.page, self._entering
        return [
            Route(SETUP_PAGE, page(self._show), methods=["GET"]),
            Route(SETUP_PAGE, entering.form(self._chosen, SETUP), methods=["POST"]),
            Route(SECOND, page(self._show_second), methods=["GET"]),
            Route(SECOND, entering.form(self._code, SETUP), methods=["POST"]),
            Route(f"{SETUP_PAGE}/passkey/ask", entering.form(self._ask, SETUP), methods=["POST"]),
            Route(f"{SETUP_PAGE}/passkey", entering.form(self._passkey, SETUP), methods=["POST"]),
            Route(f"{SETUP_PAGE}/{{token}}", page(self._follow), methods=["GET"]),
        ]

    async def _follow(self, request: Request) -> Response:
        """Take the token out of the address, where it would stay in the browser's history."""
        written: str = request.path_params["token"]
        if not (written.isascii() and written.isprintable() and len(written) <= LONGEST):
            return onward(SETUP_PAGE)
        return self._recognising.remember(onward(SETUP_PAGE), Secret(written.encode()), SETUP)

    async def _found(self, request: Request) -> tuple[Secret, Shown] | Response:
        token = self._recognising.on_the_way(request, SETUP)
        shown = await self._setting_up.look(token or Secret(b""))
        if token is None or isinstance(shown, Refusal):
            return self._spent(request, shown)
        return token, shown

    def _spent(self, request: Request, refusal: Refusal | Shown) -> Response:
        return self._shell.bare(request, "entrance/spent.html", status=403, refusal=refusal)

    async def _show(self, request: Request) -> Response:
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        token, shown = found
        values = {"name": shown.name, "display": "" if shown.display == shown.name else shown.display}
        return self._first(request, token, shown, Form(values=values))

    def _first(self, request: Request, token: Secret, shown: Shown, form: Form) -> Response:
        return self._shell.bare(
            request,
            "entrance/setup.html",
            status=422 if form.wrong else 200,
            form=form,
            csrf=csrf_of(token),
            shown=shown,
            named=bool(shown.name) and shown.uri is None,
            shortest=SHORTEST_PASSWORD,
        )

    async def _chosen(self, request: Request, token: Secret, fields: Fields) -> Response:
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        _, shown = found
        name, display = text_of(fields, "name") or shown.name, text_of(fields, "display")
        form = Form(values={"name": name, "display": display})
        given = text_of(fields, "password")
        if given != text_of(fields, "again"):
            words = self._shell.reading(request, None).gettext(_UNEQUAL)
            return self._first(request, token, shown, Form(values=form.values, errors={"again": words}))
        choice = Choice(name=name, display=display, password=Secret(given.encode()))
        chosen = await self._setting_up.choose(token, choice)
        if isinstance(chosen, Refusal):
            return self._first(request, token, shown, form.refused(chosen, known=("name", "display", "password")))
        return onward(SECOND)

    async def _show_second(self, request: Request) -> Response:
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        return self._second(request, *found, Form())

    def _second(self, request: Request, token: Secret, shown: Shown, form: Form) -> Response:
        if shown.uri is None:
            return onward(SETUP_PAGE)
        return self._shell.bare(
            request,
            "entrance/setup-second.html",
            status=422 if form.wrong else 200,
            form=form,
            csrf=csrf_of(token),
            shown=shown,
            qr=qr_of(shown.uri),
            passkeys=relying_party(self._portal_url) is not None,
        )

    async def _code(self, request: Request, token: Secret, fields: Fields) -> Response:
        opened = await self._setting_up.by_code(token, text_of(fields, "code"), client_in(request))
        if not isinstance(opened, Refusal):
            return await self._recognising.let_in(request, onward("/"), opened)
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        return self._second(request, *found, Form(errors={"code": opened.sentence}))

    async def _ask(self, request: Request, token: Secret, _fields: Fields) -> Response:
        return told(await self._setting_up.ask(token), self._shell.reading(request, None))

    async def _passkey(self, request: Request, token: Secret, fields: Fields) -> Response:
        opened = await self._setting_up.by_passkey(
            token, answer_of(fields), text_of(fields, "label"), client_in(request)
        )
        if isinstance(opened, Refusal):
            return told(opened, self._shell.reading(request, None))
        return await self._recognising.let_in(request, told({"to": "/"}, self._shell.reading(request, None)), opened)
