"""
Cookies: what each is called, and what every browser is told about it.

Their values are random and mean nothing; they are never in a URL, no script reads them, and where the portal is
reached by TLS no other host and no plain connection can set them (`__Host-`, RFC 6265bis section 4.1.3.2).
"""

from dataclasses import dataclass
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from watchword.domain.secrets import Secret

LONGEST: Final = 200
"""Characters of a value that is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """
    One cookie of the portal.

    Attributes:
        name: without what TLS adds.
        same_site: `lax` where a link from elsewhere, such as one in a mail, must find its reader signed in.
    """

    name: str
    same_site: Literal["lax", "strict"]


SESSION: Final = Cookie(name="watchword", same_site="lax")
"""Holds the token of a session."""

ENTRY: Final = Cookie(name="watchword-entry", same_site="strict")
"""Holds the token of a sign-in that is under way, which opens nothing."""

SETUP: Final = Cookie(name="watchword-setup", same_site="lax")
"""Holds the token of a link that somebody has followed, maybe from a mail."""


class Cookies:
    """Sets and reads cookies."""

    def __init__(self, *, secure: bool) -> None:
        """
        Make it.

        Args:
            secure: whether browsers reach the portal by TLS.
        """
        self._secure = secure

    def name_of(self, cookie: Cookie) -> str:
        """Return what browsers call a cookie."""
        return f"__Host-{cookie.name}" if self._secure else cookie.name

    def read(self, request: Request, cookie: Cookie) -> Secret | None:
        """Return the value of a cookie, None where the request has none that can be one of ours."""
        value = request.cookies.get(self.name_of(cookie), "")
        return Secret(value.encode()) if 0 < len(value) <= LONGEST and value.isascii() else None

    def set(self, response: Response, cookie: Cookie, value: Secret) -> None:
        """Let the browser keep a value until it is closed: how long it is good is known here, not there."""
        response.set_cookie(
            self.name_of(cookie),
            value.octets.decode("ascii"),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite=cookie.same_site,
        )

    def clear(self, response: Response, cookie: Cookie) -> None:
        """Let the browser forget it."""
        response.delete_cookie(
            self.name_of(cookie), path="/", secure=self._secure, httponly=True, samesite=cookie.same_site
        )
