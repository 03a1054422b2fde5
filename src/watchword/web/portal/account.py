"""
One's own account: password, passkeys, authenticator app, sessions.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administering.account import (
    AccountChange,
    AccountDone,
    AccountShow,
    AccountShown,
    OwnSessionEnd,
    OwnSessionsEnd,
)
from watchword.app.administering.account_steps import PasskeyAdd, PasskeyBegin, TotpBegin, TotpShown
from watchword.app.administering.sessions import SessionsEnded
from watchword.app.administration import Refusal
from watchword.domain.administrators import SHORTEST_PASSWORD, relying_party
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.entering import answer_of, text_of, told
from watchword.web.portal.filled import Form, form_of
from watchword.web.portal.forms import fields_of
from watchword.web.portal.languages import marked
from watchword.web.portal.qr import qr_of
from watchword.web.portal.visitor import Visitor

HOME: Final = "/account"

_OF_BROWSER: Final = marked("As the browser wants it")
_SAVED: Final = marked("Saved.")
_PASSWORD_SET: Final = marked("Your password is changed. Your other sessions have ended.")
_APP_SET: Final = marked("Your authenticator app is set. Your other sessions have ended.")
_APP_REMOVED: Final = marked("Your authenticator app is removed. Your other sessions have ended.")
_PASSKEY_REMOVED: Final = marked("The passkey is removed. Your other sessions have ended.")
_ENDED: Final = marked("The session has ended.")
_ALL_ENDED: Final = marked("Your other sessions have ended.")
_UNEQUAL: Final = marked("The two passwords are not the same.")

_SECRETS: Final = ("present_password", "new_password", "again")


class Account:
    """Serves it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, own = self._desk.doors.signed_in, Permission.ACCOUNT_WRITE
        served = (
            ("", "GET", self._home, False),
            ("", "POST", self._changed, False),
            ("/password", "GET", self._password, True),
            ("/password", "POST", self._password_set, True),
            ("/app", "GET", self._app, True),
            ("/app", "POST", self._app_set, True),
            ("/app/remove", "GET", self._app_remove, True),
            ("/app/remove", "POST", self._app_removed, True),
            ("/passkeys/add", "GET", self._passkey, True),
            ("/passkeys/add/ask", "POST", self._ask, True),
            ("/passkeys/add", "POST", self._made, True),
            ("/passkeys/{id}/remove", "GET", self._passkey_remove, True),
            ("/passkeys/{id}/remove", "POST", self._passkey_removed, True),
            ("/sessions/end", "POST", self._all_ended, False),
            ("/sessions/{id}/end", "POST", self._ended, False),
        )
        return [
            Route(HOME + path, door(page, permission=own, fresh=fresh), methods=[method])
            for path, method, page, fresh in served
        ]

    async def _show(self, visitor: Visitor) -> AccountShown | Refusal:
        shown: AccountShown | Refusal = await self._desk.perform(visitor, "account.show", AccountShow())
        return shown

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        shown = await self._show(visitor)
        if isinstance(shown, Refusal):
            return self._desk.refused(visitor, request, shown)
        return self._page(visitor, request, shown, Form(values={"display": shown.display, "language": shown.language}))

    def _page(self, visitor: Visitor, request: Request, shown: AccountShown, form: Form) -> Response:
        return self._desk.shell.page(
            visitor,
            request,
            "account/home.html",
            status=422 if form.wrong else 200,
            account=shown,
            form=form,
            tongues=[
                ("", self._desk.shell.reading(request, visitor).gettext(_OF_BROWSER)),
                *((language.tag, language.name) for language in self._desk.shell.languages.all),
            ],
            passkeys=relying_party(self._desk.context.portal_url) is not None,
        )

    async def _changed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            shown = await self._show(visitor)
            if isinstance(shown, Refusal):
                return self._desk.refused(visitor, request, shown)
            return self._page(visitor, request, shown, form)

        fields = await fields_of(request)
        if isinstance(fields, Response):
            return fields
        # An empty language is a choice: the browser's.
        wanted = AccountChange(display=text_of(fields, "display"), language=text_of(fields, "language"))
        done = await self._desk.perform(visitor, "account.change", wanted)
        if isinstance(done, Refusal):
            return await again(form_of(fields).refused(done, known=("display", "language")))
        return self._said(visitor, request, _SAVED)

    def _said(self, visitor: Visitor, request: Request, message: str) -> Response:
        return self._desk.on(visitor, HOME, self._desk.shell.reading(request, visitor).gettext(message))

    # --- password -------------------------------------------------------------------------------------------------

    async def _password(self, visitor: Visitor, request: Request) -> Response:
        return self._password_page(visitor, request, Form())

    def _password_page(self, visitor: Visitor, request: Request, form: Form) -> Response:
        status = 422 if form.wrong else 200
        page, shortest = "account/password.html", SHORTEST_PASSWORD
        return self._desk.shell.page(visitor, request, page, status=status, form=form, shortest=shortest)

    async def _password_set(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return self._password_page(visitor, request, form)

        async def done(_done: AccountDone) -> Response:
            return self._said(visitor, request, _PASSWORD_SET)

        fields = await fields_of(request)
        if not isinstance(fields, Response) and text_of(fields, "new_password") != text_of(fields, "again"):
            words = self._desk.shell.reading(request, visitor).gettext(_UNEQUAL)
            return await again(Form(errors={"again": words}))
        return await self._desk.submitted(visitor, request, "account.password", again=again, done=done, hidden=_SECRETS)

    # --- authenticator app ----------------------------------------------------------------------------------------

    async def _app(self, visitor: Visitor, request: Request) -> Response:
        return await self._app_page(visitor, request, Form())

    async def _app_page(self, visitor: Visitor, request: Request, form: Form) -> Response:
        """Show a new secret: one that somebody has failed to scan is not shown again."""
        shown: TotpShown | Refusal = await self._desk.perform(visitor, "account.totp-begin", TotpBegin())
        if isinstance(shown, Refusal):
            return self._desk.refused(visitor, request, shown)
        status = 422 if form.wrong else 200
        page, qr = "account/app.html", qr_of(shown.uri)
        return self._desk.shell.page(visitor, request, page, status=status, form=form, token=shown, qr=qr)

    async def _app_set(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._app_page(visitor, request, form)

        async def done(_done: AccountDone) -> Response:
            return self._said(visitor, request, _APP_SET)

        return await self._desk.submitted(
            visitor, request, "account.totp-set", again=again, done=done, hidden=("code",)
        )

    async def _app_remove(self, visitor: Visitor, request: Request) -> Response:
        return self._app_removal(visitor, request, Form())

    def _app_removal(self, visitor: Visitor, request: Request, form: Form) -> Response:
        status = 422 if form.wrong else 200
        return self._desk.shell.page(visitor, request, "account/app-remove.html", status=status, form=form)

    async def _app_removed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return self._app_removal(visitor, request, form)

        async def done(_done: AccountDone) -> Response:
            return self._said(visitor, request, _APP_REMOVED)

        return await self._desk.submitted(visitor, request, "account.totp-remove", again=again, done=done)

    # --- passkeys -------------------------------------------------------------------------------------------------

    async def _passkey(self, visitor: Visitor, request: Request) -> Response:
        able = relying_party(self._desk.context.portal_url) is not None
        return self._desk.shell.page(visitor, request, "account/passkey.html", able=able)

    async def _ask(self, visitor: Visitor, request: Request) -> Response:
        asked = await self._desk.perform(visitor, "account.passkey-begin", PasskeyBegin())
        return told(asked, self._desk.shell.reading(request, visitor))

    async def _made(self, visitor: Visitor, request: Request) -> Response:
        fields = await fields_of(request)
        if isinstance(fields, Response):
            return fields
        wanted = PasskeyAdd(answer=answer_of(fields), label=text_of(fields, "label"))
        done = await self._desk.perform(visitor, "account.passkey-add", wanted)
        onward = done if isinstance(done, Refusal) else {"to": HOME}
        return told(onward, self._desk.shell.reading(request, visitor))

    async def _passkey_remove(self, visitor: Visitor, request: Request) -> Response:
        return await self._passkey_removal(visitor, request, Form())

    async def _passkey_removal(self, visitor: Visitor, request: Request, form: Form) -> Response:
        shown = await self._show(visitor)
        if isinstance(shown, Refusal):
            return self._desk.refused(visitor, request, shown)
        wanted = request.path_params["id"]
        return self._desk.shell.page(
            visitor,
            request,
            "account/passkey-remove.html",
            status=422 if form.wrong else 200,
            form=form,
            passkey=next((one for one in shown.passkeys if one.id == wanted), None),
        )

    async def _passkey_removed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._passkey_removal(visitor, request, form)

        async def done(_done: AccountDone) -> Response:
            return self._said(visitor, request, _PASSKEY_REMOVED)

        given = {"id": request.path_params["id"]}
        return await self._desk.submitted(
            visitor, request, "account.passkey-remove", again=again, done=done, given=given
        )

    # --- sessions -------------------------------------------------------------------------------------------------

    async def _ended(self, visitor: Visitor, request: Request) -> Response:
        wanted = OwnSessionEnd(id=request.path_params["id"])
        ended: SessionsEnded | Refusal = await self._desk.perform(visitor, "account.session-end", wanted)
        if isinstance(ended, Refusal):
            return self._desk.refused(visitor, request, ended)
        return self._said(visitor, request, _ENDED)

    async def _all_ended(self, visitor: Visitor, request: Request) -> Response:
        ended: SessionsEnded | Refusal = await self._desk.perform(visitor, "account.sessions-end", OwnSessionsEnd())
        if isinstance(ended, Refusal):
            return self._desk.refused(visitor, request, ended)
        return self._said(visitor, request, _ALL_ENDED)
