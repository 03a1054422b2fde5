"""
Both servers of a process: what everybody may reach over TCP, and administration at the control socket.
"""

import asyncio
import socket
import ssl

from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import SeldomLog
from watchword.web.api.serving import Api
from watchword.web.channel.served import Calls, ChannelSurroundings
from watchword.web.control import Control
from watchword.web.public import public
from watchword.web.serving import WebServer, hear
from watchword.web.surroundings import Surroundings


class Web:
    """Everything of a process that speaks HTTP."""

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        opened: socket.socket,
        control: socket.socket,
        tls: ssl.SSLContext | None = None,
        channel: ChannelSurroundings | None = None,
    ) -> None:
        """
        Prepare to serve.

        Args:
            surroundings: what the web stands on.
            opened: from `web.sockets.listen`.
            control: from `web.sockets.listen_control`.
            tls: from `web.sockets.tls`, None to serve TCP in clear.
            channel: what connections of MFA servers stand on, None where none may call.
        """
        self._control = Control(surroundings)
        self._api = Api(surroundings)
        sockets = None if channel is None else Calls(channel)
        self._public_server = WebServer(public(surroundings, self._api), opened, tls=tls, sockets=sockets)
        self._control_server = WebServer(self._control.app(), control)

    @property
    def url(self) -> str:
        """Where it serves over TCP."""
        return self._public_server.url

    async def start(self, *, tasks: Tasks, log: SeldomLog) -> None:
        """Serve from when this returns on."""
        hear(log)
        await self._control_server.start(tasks)
        await self._public_server.start(tasks)

    async def stop(self) -> None:
        """Let what is in progress end, and return when nothing is left. Polls are ended before by whoever owns them."""
        self._control.close()
        self._api.close()
        await asyncio.gather(self._public_server.stop(), self._control_server.stop())
