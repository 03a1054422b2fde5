"""
An application from its routes: refusals are problem documents, and what holds for every answer is around it.
"""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from watchword.kit.telemetry import FaultReport
from watchword.web.guard import Guard
from watchword.web.problems import bug, problem


def application(
    routes: Sequence[BaseRoute], *, fault: FaultReport, around: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> ASGIApp:
    """
    Return an application that serves these routes and nothing else.

    Args:
        routes: what is served.
        fault: tells the operator of a bug.
        around: what sees every answer before it leaves.
    """
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused, Exception: _refused})
    app.router.redirect_slashes = False
    return Guard(around(app), fault=fault)


async def _refused(_request: Request, raised: Exception) -> Response:
    if not isinstance(raised, HTTPException):
        return bug(raised)
    response = problem(raised.status_code)
    response.headers.update(raised.headers or {})
    return response
