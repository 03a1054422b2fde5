"""
The pages by which one signs in, and out.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.entrance.signing_in import START_AGAIN, SigningIn
from watchword.domain.administrators import Administrator, relying_party, site_of
from watchword.domain.secrets import Secret
from watchword.web.portal.doors import SIGN_IN
from watchword.web.portal.entering import Entering, answer_of, next_of, onward, text_of, told
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import Fields
from watchword.web.portal.paths import with_next
from watchword.web.portal.recognising import client_in, csrf_of
from watchword.web.portal.visitor import Visitor
from watchword.web.problems import OF_REFUSAL

SECOND: Final = f"{SIGN_IN}/second"


class SignIn:
    """Serves them."""

    def __init__(self, entering: Entering) -> None:
        self._entering = entering
        self._desk = entering.desk
        self._recognising = entering.recognising
        self._signing_in = SigningIn(entering.desk.context)
        self._portal_url = entering.desk.context.portal_url

    def routes(self) -> list[Route]:
        """Return what is served."""
        page, form = self._entering.page, self._entering.form
        return [
            Route(SIGN_IN, page(self._show), methods=["GET"]),
            Route(SIGN_IN, form(self._password), methods=["POST"]),
            Route(SECOND, page(self._show_second), methods=["GET"]),
            Route(SECOND, form(self._code), methods=["POST"]),
            Route(f"{SIGN_IN}/passkey/ask", form(self._ask, costs=True), methods=["POST"]),
            Route(f"{SIGN_IN}/passkey", form(self._passkey), methods=["POST"]),
            Route("/sign-out", self._desk.doors.signed_in(self._sign_out), methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        elsewhere = self._by_name(request)
        if elsewhere is not None:
            return RedirectResponse(elsewhere, status_code=303)
        if await self._recognising.visitor(request) is not None:
            return onward(next_of(request))
        # Whoever comes here again begins anew, also with the password.
        return self._first(request, self._recognising.begun(), next_of(request), Form())

    def _by_name(self, request: Request) -> str | None:
        """Return where the same page is under the portal's name, None where it is asked for by that already."""
        site = site_of(self._portal_url)
        if site == self._portal_url or request.headers.get("host", "") != urlsplit(self._portal_url).netloc:
            return None
        return site + with_next(SIGN_IN, next_of(request))

    def _first(self, request: Request, token: Secret, onto: str, form: Form, status: int = 200) -> Response:
        response = self._desk.shell.bare(
            request,
            "entrance/sign-in.html",
            status=status,
            form=form,
            csrf=csrf_of(token),
            onto=onto,
            passkeys=relying_party(self._portal_url) is not None,
        )
        return self._recognising.remember(response, token)

    async def _password(self, request: Request, _token: Secret, fields: Fields) -> Response:
        name, onto = text_of(fields, "name"), next_of(request, fields)
        given = Secret(text_of(fields, "password").encode())
        found = await self._signing_in.password(name, given, client_in(request))
        if isinstance(found, Refusal):
            form = Form(values={"name": name}).refused(found)
            return self._first(request, self._recognising.begun(), onto, form, OF_REFUSAL[found.kind].status)
        return self._recognising.remember(onward(with_next(SECOND, onto)), found)

    async def _show_second(self, request: Request) -> Response:
        token = self._recognising.on_the_way(request)
        known = None if token is None else await self._signing_in.half_way(token)
        if token is None or known is None:
            return onward(with_next(SIGN_IN, next_of(request)))
        return self._second(request, token, known, next_of(request), Form())

    def _second(
        self, request: Request, token: Secret, known: Administrator, onto: str, form: Form, status: int = 200
    ) -> Response:
        return self._desk.shell.bare(
            request,
            "entrance/second.html",
            status=status,
            form=form,
            csrf=csrf_of(token),
            onto=onto,
            name=known.display,
            totp=known.totp is not None,
            passkeys=bool(known.passkeys) and relying_party(self._portal_url) is not None,
        )

    async def _code(self, request: Request, token: Secret, fields: Fields) -> Response:
        onto = next_of(request, fields)
        opened = await self._signing_in.code(token, text_of(fields, "code"), client_in(request))
        if not isinstance(opened, Refusal):
            return await self._recognising.let_in(request, onward(onto), opened)
        known = await self._signing_in.half_way(token)
        if known is None:
            form, status = Form().refused(START_AGAIN), OF_REFUSAL[START_AGAIN.kind].status
            return self._first(request, self._recognising.begun(), onto, form, status)
        status = OF_REFUSAL[opened.kind].status
        return self._second(request, token, known, onto, Form().refused(opened), status)

    async def _ask(self, request: Request, token: Secret, _fields: Fields) -> Response:
        return told(await self._signing_in.ask(token), self._desk.shell.reading(request, None))

    async def _passkey(self, request: Request, token: Secret, fields: Fields) -> Response:
        opened = await self._signing_in.passkey(token, answer_of(fields), client_in(request))
        if isinstance(opened, Refusal):
            return told(opened, self._desk.shell.reading(request, None))
        return await self._recognising.let_in(
            request, told({"to": next_of(request, fields)}, self._desk.shell.reading(request, None)), opened
        )

    async def _sign_out(self, _visitor: Visitor, request: Request) -> Response:
        return await self._recognising.sign_out(request, onward(SIGN_IN))
