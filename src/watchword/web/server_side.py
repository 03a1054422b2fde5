"""
What an MFA server serves over HTTP: its own diagnosis at the control socket, and health and numbers where wanted.

Nothing is administered here: that is done at the portal.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import not_found
from watchword.app.diagnose.checks import Finding
from watchword.kit.metrics import Metrics
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import FaultReport, SeldomLog
from watchword.web.application import application
from watchword.web.health import Health
from watchword.web.problems import refused
from watchword.web.serving import WebServer, hear

_ELSEWHERE = "this data folder is an MFA server's, where only `watchword doctor` works; administer at its portal"
_JSON = "application/json"


class ServerSide:
    """Everything of an MFA server that speaks HTTP."""

    def __init__(
        self,
        *,
        doctor: Callable[[], Sequence[Finding]],
        ready: Callable[[], bool],
        metrics: Metrics,
        fault: FaultReport,
        control: socket.socket,
        opened: socket.socket | None,
    ) -> None:
        """
        Prepare to serve.

        Args:
            doctor: looks at everything.
            ready: whether a login could complete now.
            metrics: what is counted.
            fault: tells the operator of a bug.
            control: from `web.sockets.listen_control`.
            opened: from `web.sockets.listen`, None where health and numbers are wanted by nobody.
        """
        self._doctor = doctor
        routes = [
            Route("/alive", self._alive, methods=["GET"]),
            Route("/operations/{name}", self._operate, methods=["POST"]),
        ]
        self._servers = [WebServer(application(routes, fault=fault), control)]
        if opened is not None:
            health = Health(ready=ready, metrics=metrics)
            self._servers.append(WebServer(application(health.routes(), fault=fault), opened))

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
        return Response(msgspec.json.encode(self._doctor()), media_type=_JSON)
