"""
Second steps of a user, as a help desk gives and takes them: what is secret is shown once, in the answer itself.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.enrol import BackupCodesAdded, MethodAdded, MethodType, PushAdded, TokenAdded
from watchword.app.manage.user_page import UserShown
from watchword.app.manage.users import UserDone, UserNamed
from watchword.domain.methods import OathAlgorithm
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.qr import qr_of
from watchword.web.portal.users import HOME, path_of, told
from watchword.web.portal.visitor import Visitor

MEANINGS: Final[tuple[tuple[MethodType, str], ...]] = (
    (
        MethodType.TOTP,
        marked(
            "An app such as Aegis, Microsoft or Google Authenticator shows a new code every 30 seconds. Works"
            " without network."
        ),
    ),
    (MethodType.PUSH, marked("A phone rings, shows who asks and from where, and one approves there.")),
    (MethodType.BACKUP_CODES, marked("Ten codes on paper, each good once: for the day on which the phone is lost.")),
    (MethodType.HOTP, marked("A small device whose button shows the next code.")),
)
"""What can be given, the usual first, with what it means."""

DIGITS: Final = ("6", "8")

_REMOVED: Final = marked("One second step of %(user)s is removed.")


class UserMethods:
    """Serves the pages on which users get second steps and lose them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, may = self._desk.doors.signed_in, Permission.METHOD_WRITE
        add, remove = f"{HOME}/{{user}}/methods/add", f"{HOME}/{{user}}/methods/{{id}}/remove"
        return [
            Route(add, door(self._add, permission=may, fresh=True), methods=["GET"]),
            Route(add, door(self._added, permission=may, fresh=True), methods=["POST"]),
            Route(remove, door(self._remove, permission=may, fresh=True), methods=["GET"]),
            Route(remove, door(self._removed, permission=may, fresh=True), methods=["POST"]),
        ]

    async def _user(self, visitor: Visitor, request: Request) -> UserShown | Refusal:
        named = UserNamed(user=request.path_params["user"])
        user: UserShown | Refusal = await self._desk.perform(visitor, "user.show", named)
        return user

    # --- giving one

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        kind = request.query_params.get("type", MethodType.TOTP)
        return await self._form(visitor, request, Form(values={"type": kind, "digits": DIGITS[0]}))

    async def _form(self, visitor: Visitor, request: Request, form: Form) -> Response:
        user = await self._user(visitor, request)
        if isinstance(user, Refusal):
            return self._desk.refused(visitor, request, user)
        return self._desk.shell.page(
            visitor,
            request,
            "users/method-add.html",
            status=422 if form.wrong else 200,
            form=form,
            user=user,
            home=path_of(user.username),
            meanings=MEANINGS,
            algorithms=tuple(OathAlgorithm),
            digits=DIGITS,
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._form(visitor, request, form)

        async def done(added: MethodAdded) -> Response:
            user = await self._user(visitor, request)
            if isinstance(user, Refusal):
                return self._desk.refused(visitor, request, user)
            template, scanned = _shown(added)
            return self._desk.shell.page(
                visitor,
                request,
                template,
                user=user,
                home=path_of(user.username),
                added=added,
                qr=None if scanned is None else qr_of(scanned),
            )

        given = {"user": request.path_params["user"]}
        return await self._desk.submitted(visitor, request, "method.add", again=again, done=done, given=given)

    # --- taking one away

    async def _remove(self, visitor: Visitor, request: Request) -> Response:
        return await self._removing(visitor, request, Form())

    async def _removing(self, visitor: Visitor, request: Request, form: Form) -> Response:
        user = await self._user(visitor, request)
        if isinstance(user, Refusal):
            return self._desk.refused(visitor, request, user)
        wanted = request.path_params["id"]
        return self._desk.shell.page(
            visitor,
            request,
            "users/method-remove.html",
            status=422 if form.wrong else 200,
            form=form,
            user=user,
            home=path_of(user.username),
            method=next((method for method in user.methods if method.id == wanted), None),
        )

    async def _removed(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._removing(visitor, request, form)

        async def done(changed: UserDone) -> Response:
            return told(self._desk, visitor, request, changed, _REMOVED, to=path_of(changed.username))

        given = {"user": request.path_params["user"], "id": request.path_params["id"]}
        return await self._desk.submitted(visitor, request, "method.remove", again=again, done=done, given=given)


def _shown(added: MethodAdded) -> tuple[str, str | None]:
    """Return the page that shows a new method, and what a phone scans of it."""
    match added:
        case TokenAdded():
            return "users/token-added.html", added.uri
        case PushAdded():
            return "users/push-added.html", added.pairing_url
        case BackupCodesAdded():
            return "users/codes-added.html", None
