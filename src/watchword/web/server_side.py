"""
What an MFA server serves over HTTP: its diagnosis at the control socket; where wanted health, numbers and its own page.

Nothing is administered here: that is done at the portal.
"""

import asyncio
import socket
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import not_found
from watchword.app.diagnose.server_doctor import ServerView, server_findings
from watchword.kit.metrics import Metrics
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import FaultReport, SeldomLog
from watchword.web.application import application
from watchword.web.console import Console
from watchword.web.health import Health
from watchword.web.portal.assets import Assets
from watchword.web.problems import refused
from watchword.web.serving import WebServer, hear

_ELSEWHERE = "this data folder is an MFA server's, where only `watchword doctor` works; administer at its portal"
_JSON = "application/json"


class ServerSide:
    """Everything of an MFA server that speaks HTTP."""

    def __init__(
        self,
        *,
        view: Callable[[], ServerView],
        ready: Callable[[], bool],
        metrics: Metrics,
        fault: FaultReport,
        control: socket.socket,
        opened: socket.socket | None,
    ) -> None:
        """
        Prepare to serve.

        Args:
            view: tells how this server stands.
            ready: whether a login could complete now.
            metrics: what is counted.
            fault: tells the operator of a bug.
            control: from `web.sockets.listen_control`.
            opened: from `web.sockets.listen`, None where health, numbers and the console page are wanted by nobody.
        """
        self._view = view
        routes = [
            Route("/alive", self._alive, methods=["GET"]),
            Route("/operations/{name}", self._operate, methods=["POST"]),
        ]
        self._servers = [WebServer(application(routes, fault=fault), control)]
        if opened is not None:
            health = Health(ready=ready, metrics=metrics)
            console = Console(view, Assets.read())
            self._servers.append(WebServer(application([*console.routes(), *health.routes()], fault=fault), opened))

    async def start(self, *, tasks: Tasks, log: SeldomLog) -> None:
        """Serve from when this returns on."""
        hear(log)
        for server in self._servers:
            await server.start(tasks)

    async def stop(self) -> None:
        """Let what is in progress end, and return when nothing is left."""
        await asyncio.gather(*(server.stop() for server in self._servers))

    async def _alive(self, _request: Request) -> Response:
        return Response(b"{}", media_type=_JSON)

    async def _operate(self, request: Request) -> Response:
        if request.path_params["name"] != "doctor":
            return refused(not_found(_ELSEWHERE))
        return Response(msgspec.json.encode(server_findings(self._view())), media_type=_JSON)
