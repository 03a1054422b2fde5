"""
The page that asks for a fresh second step before something dangerous.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.entrance import confirming
from watchword.domain.administrators import relying_party
from watchword.web.allowances import Allowances
from watchword.web.portal.desk import Desk
from watchword.web.portal.doors import CONFIRM
from watchword.web.portal.entering import TRIES_A_SECOND, TRIES_AT_ONCE, answer_of, next_of, onward, text_of, told
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import fields_of
from watchword.web.portal.recognising import Recognising, client_in
from watchword.web.portal.visitor import Visitor
from watchword.web.problems import OF_REFUSAL, problem

_GONE: Final = confirming.GONE


class Confirm:
    """Serves it."""

    def __init__(self, desk: Desk, recognising: Recognising) -> None:
        self._desk = desk
        self._context = desk.context
        self._recognising = recognising
        self._tries = Allowances(clock=desk.context.clock, burst=TRIES_AT_ONCE, per_second=TRIES_A_SECOND)

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        return [
            Route(CONFIRM, door(self._show), methods=["GET"]),
            Route(CONFIRM, door(self._code), methods=["POST"]),
            Route(f"{CONFIRM}/passkey/ask", door(self._ask), methods=["POST"]),
            Route(f"{CONFIRM}/passkey", door(self._passkey), methods=["POST"]),
        ]

    async def _show(self, visitor: Visitor, request: Request) -> Response:
        return await self._page(visitor, request, next_of(request), Form())

    async def _page(self, visitor: Visitor, request: Request, onto: str, form: Form, status: int = 200) -> Response:
        found = await self._recognising.session(request)
        if found is None:
            return onward("/")
        _, who = found
        return self._desk.shell.bare(
            request,
            "entrance/confirm.html",
            status=status,
            form=form,
            csrf=visitor.csrf,
            onto=onto,
            totp=who.administrator.totp is not None,
            passkeys=bool(who.administrator.passkeys) and relying_party(self._context.portal_url) is not None,
        )

    async def _code(self, visitor: Visitor, request: Request) -> Response:
        if not self._tries.spend(visitor.session):
            return problem(429)
        fields, found = await fields_of(request), await self._recognising.session(request)
        if isinstance(fields, Response):
            return fields
        if found is None:
            return onward("/")
        code, onto = text_of(fields, "code"), next_of(request, fields)
        opened = await confirming.confirm_by_code(self._context, *found, code, client_in(request))
        if isinstance(opened, Refusal):
            status = OF_REFUSAL[opened.kind].status
            return await self._page(visitor, request, onto, Form().refused(opened), status)
        return self._recognising.renew(onward(onto), opened)

    async def _ask(self, visitor: Visitor, request: Request) -> Response:
        if not self._tries.spend(visitor.session):
            return problem(429)
        found = await self._recognising.session(request)
        asked = _GONE if found is None else await confirming.ask_to_confirm(self._context, *found)
        return told(asked, self._desk.shell.reading(request, visitor))

    async def _passkey(self, visitor: Visitor, request: Request) -> Response:
        fields, found = await fields_of(request), await self._recognising.session(request)
        reading = self._desk.shell.reading(request, visitor)
        if isinstance(fields, Response):
            return fields
        if found is None:
            return told(_GONE, reading)
        opened = await confirming.confirm_by_passkey(self._context, *found, answer_of(fields))
        if isinstance(opened, Refusal):
            return told(opened, reading)
        return self._recognising.renew(told({"to": next_of(request, fields)}, reading), opened)
