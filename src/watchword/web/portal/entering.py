"""
What the pages have in common that one sees before one is signed in: their token, their forms, and how they refuse.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from watchword.app.administration import Refusal, forbidden
from watchword.domain.secrets import Secret
from watchword.ports.login import StoreAway
from watchword.web.allowances import Allowances
from watchword.web.peers import network_of
from watchword.web.portal.cookies import ENTRY, Cookie
from watchword.web.portal.desk import Desk
from watchword.web.portal.doors import CSRF_FIELD, CSRF_HEADER, Endpoint, is_token
from watchword.web.portal.forms import Fields, fields_of
from watchword.web.portal.origins import is_ours, origin_of
from watchword.web.portal.paths import local
from watchword.web.portal.reading import Reading
from watchword.web.portal.recognising import Recognising, csrf_of
from watchword.web.portal.sentences import said_plainly
from watchword.web.problems import OF_REFUSAL, problem

TRIES_AT_ONCE: Final = 20
TRIES_A_SECOND: Final = 0.5
"""Forms of one network that may be sent before somebody is signed in: each takes a hash or a write."""

REFUSED: Final = 400
"""Statuses from here on say no."""

_FOREIGN: Final = forbidden("this was sent by a page of another site")
_OLD: Final = forbidden("this page is too old; go back to the first one")

Sent = Callable[[Request, Secret, Fields], Awaitable[Response]]
"""Answers a form, with the token of its sender and its fields."""


class Entering:
    """Takes forms of those who are not signed in."""

    def __init__(self, desk: Desk, recognising: Recognising) -> None:
        self.desk = desk
        self.recognising = recognising
        self._origin = origin_of(desk.context.portal_url)
        self._tries = Allowances(clock=desk.context.clock, burst=TRIES_AT_ONCE, per_second=TRIES_A_SECOND)

    def form(self, sent: Sent, cookie: Cookie = ENTRY, *, costs: bool = False) -> Endpoint:
        """
        Return an endpoint that takes a form from whoever has loaded its page.

        Args:
            sent: answers it.
            cookie: holds the token of its sender.
            costs: whether a form that is answered well counts as a try too, because strangers may send it.
        """

        @wraps(sent)
        async def endpoint(request: Request) -> Response:
            if not is_ours(request, self._origin):
                return self.turned_away(request, _FOREIGN)
            if not self._tries.spend(network_of(request)):
                return problem(429)
            fields = await fields_of(request)
            if isinstance(fields, Response):
                return fields
            token = self.recognising.on_the_way(request, cookie)
            if token is None or not is_token(
                request.headers.get(CSRF_HEADER) or fields.get(CSRF_FIELD), csrf_of(token)
            ):
                return self.turned_away(request, _OLD)
            try:
                response = await sent(request, token, fields)
            except StoreAway:
                return problem(503)
            if response.status_code < REFUSED and not costs:
                self._tries.give_back(network_of(request))
            return response

        return endpoint

    def page(self, shown: Callable[[Request], Awaitable[Response]]) -> Endpoint:
        """Return an endpoint that shows a page to everybody."""

        @wraps(shown)
        async def endpoint(request: Request) -> Response:
            try:
                return await shown(request)
            except StoreAway:
                return problem(503)

        return endpoint

    def turned_away(self, request: Request, refusal: Refusal) -> Response:
        """Return the page that tells why somebody comes no further."""
        status = OF_REFUSAL[refusal.kind].status
        return self.desk.shell.bare(request, "turned-away.html", status=status, refusal=refusal)


def told(result: dict[str, Any] | Refusal, reading: Reading) -> Response:
    """Answer a script: with what it asked for, or with why not as its reader's page says it."""
    if isinstance(result, Refusal):
        sentence, _ = said_plainly(result.sentence, reading)
        return JSONResponse({"refused": sentence}, status_code=OF_REFUSAL[result.kind].status)
    return JSONResponse(result)


def text_of(fields: Fields, name: str) -> str:
    """Return a field as text, empty where there is none."""
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def answer_of(fields: Fields) -> dict[str, Any]:
    """Return what a browser says of a passkey."""
    answer = fields.get("answer")
    return answer if isinstance(answer, dict) else {}


def next_of(request: Request, fields: Fields | None = None) -> str:
    """Return where somebody goes on to: a path of ours."""
    return local(request.query_params.get("next", "/") if fields is None else text_of(fields, "next") or "/")


def onward(path: str) -> Response:
    """Go on."""
    return RedirectResponse(local(path), status_code=303)
