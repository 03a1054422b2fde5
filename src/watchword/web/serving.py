"""
Serving an application with uvicorn inside of a loop that is not its own: it neither takes signals nor sets logging up.
"""

import asyncio
import contextlib
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Final, cast

import uvicorn
from starlette.types import ASGIApp

from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import SeldomLog
from watchword.web.connections import HEAD_SECONDS, ImpatientProtocol
from watchword.web.sockets import BACKLOG

LONGEST_HEAD: Final = 16_384
"""Octets of the head of a request."""

DRAIN_SECONDS: Final = 5
"""Seconds that requests in progress have to end when the server stops."""

_VALUES: Final = re.compile(r"[\n(<]")
"""Where the constant words of a library's message end: behind it are objects as they describe themselves."""


class WebServer:
    """One application at one socket."""

    def __init__(
        self,
        app: ASGIApp,
        opened: socket.socket,
        *,
        tls: ssl.SSLContext | None = None,
        sockets: Callable[..., asyncio.Protocol] | None = None,
    ) -> None:
        """
        Prepare to serve.

        Args:
            app: what is served.
            opened: where, from `web.sockets`; the server closes it.
            tls: None to serve in clear.
            sockets: makes the protocol of a connection that becomes a WebSocket, None where none may.
        """
        self._socket = opened
        self._scheme = "http" if tls is None else "https"
        self._done: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        config = uvicorn.Config(
            app,
            http=ImpatientProtocol,
            # What uvicorn says is a class it only calls.
            ws="none" if sockets is None else cast("type[asyncio.Protocol]", sockets),
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            h11_max_incomplete_event_size=LONGEST_HEAD,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        )
        self._server = _Server(config, up=self._up)

    @property
    def url(self) -> str:
        """Where it serves over TCP, without a slash at its end; the port is the one that the system chose."""
        host, port = self._socket.getsockname()[:2]
        return f"{self._scheme}://[{host}]:{port}" if ":" in host else f"{self._scheme}://{host}:{port}"

    async def start(self, tasks: Tasks) -> None:
        """Serve from when this returns on."""
        self._done = tasks.start(self._serve(), name="web")
        await self._up.wait()

    async def stop(self) -> None:
        """Take no more connections, let requests in progress end, and return when nothing is left."""
        self._server.should_exit = True
        if self._done is not None:
            await asyncio.wait((self._done,))
        self._socket.close()

    async def _serve(self) -> None:
        try:
            await self._server.serve([self._socket])
        finally:
            self._up.set()


class _Server(uvicorn.Server):
    """uvicorn's server without what it does to its process."""

    def __init__(self, config: uvicorn.Config, *, up: asyncio.Event) -> None:
        super().__init__(config)
        self._up = up

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever has started us."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve the sockets, and tell when that is so."""
        config, loop = self.config, asyncio.get_running_loop()

        def connection() -> ImpatientProtocol:
            return ImpatientProtocol(config=config, server_state=self.server_state, app_state={})

        self.servers = [
            await loop.create_server(
                connection,
                sock=one,
                backlog=BACKLOG,
                ssl=config.ssl,
                # Who does not get as far as the head of a request has no longer for TLS than for that.
                ssl_handshake_timeout=None if config.ssl is None else HEAD_SECONDS,
            )
            for one in sockets or ()
        ]
        self.started = True
        self._up.set()


class _Told(logging.Handler):
    """Hands over what libraries say, by their constant words only: the values in them come from strangers."""

    def __init__(self, log: SeldomLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        words = _VALUES.split(str(record.msg), maxsplit=1)[0].strip()
        self._log.tell(
            ("library", record.name, words), "a library has something to say", library=record.name, words=words
        )


def hear(log: SeldomLog) -> None:
    """Let a log have what uvicorn and asyncio would write to standard error as it is."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [_Told(log)]
        logger.propagate = False
