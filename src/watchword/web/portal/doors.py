"""
The one door to every page: who is signed in, whether his role may, and whether it was he who asked.

In this order, and the first that applies answers: a change that a page of somebody else's can have sent: 403; not
signed in: on to the sign-in page; a change without the session's token: 403; a role that may not: 403; a dangerous act
without a fresh second step: on to the page that asks for it.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchword.domain.roles import PERMISSIONS, Permission
from watchword.ports.login import StoreAway
from watchword.web.portal.forms import fields_of
from watchword.web.portal.origins import is_ours
from watchword.web.portal.paths import with_next
from watchword.web.portal.visitor import Visitor
from watchword.web.problems import problem

SIGN_IN: Final = "/sign-in"
CONFIRM: Final = "/confirm"

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf-token"

_SAFE: Final = ("GET", "HEAD")

Endpoint = Callable[[Request], Awaitable[Response]]
Page = Callable[[Visitor, Request], Awaitable[Response]]
Recognise = Callable[[Request], Awaitable[Visitor | None]]
"""Tells who sends a request, None where that is nobody who is signed in. Raises `StoreAway`."""

Refuse = Callable[[Visitor | None, Request, str], Awaitable[Response]]
"""Makes the page of status 403 with a sentence that says why."""


class Doors:
    """Lets people through to pages."""

    def __init__(self, *, recognise: Recognise, refuse: Refuse, origin: str) -> None:
        """
        Make it.

        Args:
            recognise: tells who sends a request.
            refuse: makes the page of status 403.
            origin: under which browsers reach the portal.
        """
        self._recognise = recognise
        self._refuse = refuse
        self._origin = origin

    def signed_in(self, page: Page, *, permission: Permission | None = None, fresh: bool = False) -> Endpoint:
        """
        Return an endpoint that shows a page to those who are signed in.

        Args:
            page: shows it, or does what its form asks for. It is reached only by whoever may.
            permission: what his role must be allowed, None where everybody who is signed in may.
            fresh: whether it takes a fresh second step. Mark the page with the form so too, and its reader is asked
                before he has typed anything.
        """

        @wraps(page)
        async def endpoint(request: Request) -> Response:
            try:
                visitor = await self._let_through(request, permission=permission, fresh=fresh)
                return visitor if isinstance(visitor, Response) else await page(visitor, request)
            except StoreAway:
                return problem(503)

        return endpoint

    async def _let_through(self, request: Request, *, permission: Permission | None, fresh: bool) -> Visitor | Response:
        changes = request.method not in _SAFE
        if changes and not is_ours(request, self._origin):
            return await self._refuse(None, request, "this was sent by a page of another site")
        visitor = await self._recognise(request)
        if visitor is None:
            return RedirectResponse(with_next(SIGN_IN, _wanted(request)), status_code=303)
        if changes:
            fields = await fields_of(request)
            if isinstance(fields, Response):
                return fields
            token = request.headers.get(CSRF_HEADER) or fields.get(CSRF_FIELD)
            if not is_token(token, visitor.csrf):
                return await self._refuse(visitor, request, "the form was of another session; open the page anew")
        if permission is not None and permission not in PERMISSIONS[visitor.actor.role]:
            role = visitor.actor.role.value
            return await self._refuse(
                visitor, request, f"the role {role} may not do that ({permission.value}); ask somebody who may"
            )
        if fresh and not visitor.fresh:
            return RedirectResponse(with_next(CONFIRM, _wanted(request)), status_code=303)
        return visitor


def is_token(given: object, right: str) -> bool:
    """Tell whether a form's token is the right one, in constant time."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), right.encode())


def _wanted(request: Request) -> str:
    """Return where a request wanted to go; what it brought in its body is not asked for again."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
