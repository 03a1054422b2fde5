"""
The first page: is everything well, and what needs me?
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.web.portal.desk import Desk
from watchword.web.portal.visitor import Visitor


class Overview:
    """Shows how everything stands."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/", self._desk.doors.signed_in(self._show), methods=["GET"])]

    async def _show(self, visitor: Visitor, request: Request) -> Response:
        return self._desk.shell.page(visitor, request, "overview.html")
