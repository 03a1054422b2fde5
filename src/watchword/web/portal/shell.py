"""
The page around every page: navigation, headers, language, and the one message that waits for its reader.

`page` is for those who are signed in, `bare` for sign-in and set-up, `fragment` for a part of a page that a script puts
in place of what it shows.
"""

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from watchword.app.administration import Refusal
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.web.portal import flash
from watchword.web.portal.languages import Languages
from watchword.web.portal.navigation import PLACES, places
from watchword.web.portal.reading import Reading, reading_of
from watchword.web.portal.templates import Templates
from watchword.web.portal.visitor import Visitor
from watchword.web.problems import OF_REFUSAL

_MAY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
POLICY: Final = "; ".join(f"{what} {where}" for what, where in _MAY.items())
"""
What a page may load and do (CSP level 3): nothing but our own files, and no text ever becomes script or markup.

No Trusted Types policy may be made at all: fragments come as documents, which the browser parses without running them.
"""

HEADERS: Final = {
    "content-security-policy": POLICY,
    # With no-referrer browsers would send forms with `Origin: null`.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-permitted-cross-domain-policies": "none",
}


class Shell:
    """Makes pages."""

    def __init__(
        self,
        *,
        languages: Languages,
        templates: Templates,
        now: Callable[[], int],
        token: Callable[[], str],
        secure: bool,
    ) -> None:
        """
        Make it.

        Args:
            languages: that pages speak.
            templates: that pages are made from.
            now: UTC microseconds.
            token: makes what tells one form from another.
            secure: whether browsers reach the portal by TLS.
        """
        self.languages = languages
        self._templates = templates
        self._now = now
        self._token = token
        self.secure = secure

    def page(
        self, visitor: Visitor, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """
        Return a page for somebody who is signed in.

        Args:
            visitor: who looks.
            request: what he asked for.
            template: the name of a file in `templates` that extends `layout/page.html`.
            status: of the answer: 422 for a form that comes back with what is wrong beside its fields.
            values: what the template names.
        """
        reading = self.reading(request, visitor)
        message = flash.take(request, visitor, secure=self.secure)
        shown = {
            "visitor": visitor,
            "may": _may(visitor),
            "places": places(visitor.actor.role),
            "current": next((place for place in PLACES if place.holds(request.url.path)), None),
            "languages": self.languages.all,
            "flash": message,
            **values,
        }
        response = self._made(template, reading, shown, status)
        if message is not None:
            flash.clear(response, secure=self.secure)
        return response

    def bare(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page for whoever asks; its template extends `layout/bare.html`."""
        shown = {"languages": self.languages.all, **values}
        return self._made(template, self.reading(request, None), shown, status)

    def fragment(self, visitor: Visitor, request: Request, template: str, **values: Any) -> HTMLResponse:
        """Return a part of a page, made from a template that extends nothing."""
        shown = {"visitor": visitor, "may": _may(visitor), **values}
        return self._made(template, self.reading(request, visitor), shown, 200)

    def refused(self, visitor: Visitor, request: Request, refusal: Refusal) -> HTMLResponse:
        """Return the page that tells why there is nothing to see."""
        return self.page(visitor, request, "refused.html", status=OF_REFUSAL[refusal.kind].status, refusal=refusal)

    def told(self, visitor: Visitor, response: Response, message: str, tone: str = "good") -> Response:
        """Return an answer whose next page shows a message, which is in the reader's language already."""
        flash.leave(response, visitor, flash.Flash(message=message, tone=tone), secure=self.secure)
        return response

    def reading(self, request: Request, visitor: Visitor | None) -> Reading:
        """Return how somebody reads: for messages that are made in a module, not in a template."""
        return reading_of(request, visitor, self.languages, now=self._now(), token=self._token)

    def _made(self, template: str, reading: Reading, values: dict[str, Any], status: int) -> HTMLResponse:
        body = self._templates.render(template, reading, values)
        return HTMLResponse(body, status_code=status, headers=HEADERS | {"content-language": reading.language.tag})


def _may(visitor: Visitor) -> Callable[[str], bool]:
    """Return what tells a template whether its reader's role is allowed something: `may("bypass:create")`."""

    def may(permission: str) -> bool:
        return Permission(permission) in PERMISSIONS[visitor.actor.role]

    return may
