"""
Who sends a request, by the cookie of his session; and whoever is on his way in, by the cookie of that.
"""

import base64
import hmac
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from watchword.app.entrance.opening import Client, Opened, Sessions, actor_of, client_of
from watchword.app.tokens import new_token
from watchword.domain.secrets import Secret
from watchword.kit.clock import Clock
from watchword.kit.randomness import Randomness
from watchword.ports.administrators import SignedIn
from watchword.web.portal.cookies import ENTRY, SESSION, SETUP, Cookie, Cookies
from watchword.web.portal.visitor import Visitor

_FOR_FORMS: Final = b"watchword form"


def csrf_of(token: Secret) -> str:
    """Return what the forms of whoever holds a token carry: nobody who does not have the token can tell it."""
    return base64.urlsafe_b64encode(hmac.digest(token.octets, _FOR_FORMS, "sha256")).decode().rstrip("=")


def client_in(request: Request) -> Client:
    """Return from where a request comes."""
    host = "?" if request.client is None else request.client.host
    return client_of(host, request.headers.get("user-agent", ""))


class Recognising:
    """Knows people again, and gives browsers what they are known by."""

    def __init__(self, sessions: Sessions, *, clock: Clock, randomness: Randomness, secure: bool) -> None:
        """
        Make it.

        Args:
            sessions: knows sessions by their tokens.
            clock: tells whether a second step is still fresh.
            randomness: where tokens come from.
            secure: whether browsers reach the portal by TLS.
        """
        self._sessions = sessions
        self._clock = clock
        self._randomness = randomness
        self._cookies = Cookies(secure=secure)

    async def visitor(self, request: Request) -> Visitor | None:
        """Return who is signed in, None where nobody is. Raises `StoreAway`."""
        found = await self.session(request)
        if found is None:
            return None
        token, who = found
        one = who.administrator
        return Visitor(
            actor=actor_of(one, who.session.id),
            administrator=one.id,
            session=who.session.id,
            csrf=csrf_of(token),
            fresh=who.session.is_fresh(self._clock.now()),
            language=one.language,
            name=one.display,
        )

    async def session(self, request: Request) -> tuple[Secret, SignedIn] | None:
        """Return the token of a session and whose it is, None where there is none. Raises `StoreAway`."""
        token = self._cookies.read(request, SESSION)
        who = None if token is None else await self._sessions.recognise(token)
        return None if token is None or who is None else (token, who)

    def on_the_way(self, request: Request, cookie: Cookie = ENTRY) -> Secret | None:
        """Return the token of whoever is on his way in, None where his browser has none."""
        return self._cookies.read(request, cookie)

    def begun(self) -> Secret:
        """Return a token for somebody who is here for the first time."""
        return new_token(self._randomness)

    def remember(self, response: Response, token: Secret, cookie: Cookie = ENTRY) -> Response:
        """Let a browser keep the token of its way in."""
        self._cookies.set(response, cookie, token)
        return response

    async def let_in(self, request: Request, response: Response, opened: Opened) -> Response:
        """Let a browser keep the token of a session that was begun; one that it had before ends."""
        before = self._cookies.read(request, SESSION)
        if before is not None:
            await self._sessions.sign_out(before)
        return self.renew(response, opened)

    def renew(self, response: Response, opened: Opened) -> Response:
        """Let a browser keep another token of its session."""
        self._cookies.set(response, SESSION, opened.token)
        for cookie in (ENTRY, SETUP):
            self._cookies.clear(response, cookie)
        return response

    async def sign_out(self, request: Request, response: Response) -> Response:
        """End the session of a request."""
        token = self._cookies.read(request, SESSION)
        if token is not None:
            await self._sessions.sign_out(token)
        self._cookies.clear(response, SESSION)
        return response
