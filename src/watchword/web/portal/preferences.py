"""
How somebody wants to see pages, kept in his browser: look and language.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from watchword.web.portal.desk import Desk
from watchword.web.portal.forms import fields_of
from watchword.web.portal.paths import local
from watchword.web.portal.reading import LANGUAGE_COOKIE, LOOK_COOKIE, LOOKS
from watchword.web.portal.visitor import Visitor

_YEAR = 365 * 86_400


class Preferences:
    """Keeps how somebody wants to see pages."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/preferences", self._desk.doors.signed_in(self._keep), methods=["POST"])]

    async def _keep(self, _visitor: Visitor, request: Request) -> Response:
        fields = await fields_of(request)
        if isinstance(fields, Response):
            return fields
        response = RedirectResponse(local(str(fields.get("next", "/"))), status_code=303)
        look, language = fields.get("look"), fields.get("language")
        if look in LOOKS:
            self._set(response, LOOK_COOKIE, look)
        if language in {known.tag for known in self._desk.shell.languages.all}:
            self._set(response, LANGUAGE_COOKIE, str(language))
        return response

    def _set(self, response: Response, name: str, value: str) -> None:
        secure = self._desk.shell.secure
        response.set_cookie(name, value, max_age=_YEAR, path="/", secure=secure, httponly=True, samesite="lax")
