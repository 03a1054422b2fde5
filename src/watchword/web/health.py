"""
Whether all is well, for those who watch machines: yes or no to everybody, numbers to those nearby (E10).
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watchword.kit.metrics import Metrics
from watchword.web.peers import is_near
from watchword.web.problems import problem


class Health:
    """Serves health and metrics."""

    def __init__(self, *, ready: Callable[[], bool], metrics: Metrics) -> None:
        """
        Make it.

        Args:
            ready: whether a login could complete now.
            metrics: what is counted.
        """
        self._ready = ready
        self._metrics = metrics

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [
            Route("/healthz/live", self._live),
            Route("/healthz/ready", self._is_ready),
            Route("/metrics", self._numbers),
        ]

    async def _live(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _is_ready(self, _request: Request) -> Response:
        ready = self._ready()
        return JSONResponse({"status": "ok" if ready else "not ok"}, status_code=200 if ready else 503)

    async def _numbers(self, request: Request) -> Response:
        # How many log in, and how many fail, is nobody's business on the Internet (ASVS 13.4.5).
        if not is_near(request):
            return problem(404)
        body, media_type = self._metrics.rendered()
        return Response(body, headers={"content-type": media_type})
