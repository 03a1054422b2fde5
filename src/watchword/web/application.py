"""
An application from its routes: refusals are problem documents, and what holds for every answer is around it.
"""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from watchword.kit.telemetry import FaultReport
from watchword.web.guard import Guard
from watchword.web.problems import problem


def application(routes: Sequence[BaseRoute], *, fault: FaultReport) -> ASGIApp:
    """Return an application that serves these routes and nothing else."""
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused, Exception: _refused})
    app.router.redirect_slashes = False
    return Guard(app, fault=fault)


async def _refused(_request: Request, raised: Exception) -> Response:
    if not isinstance(raised, HTTPException):
        return problem(500)
    response = problem(raised.status_code)
    response.headers.update(raised.headers or {})
    return response
