"""
An HTTP proxy that lets TLS through (CONNECT), as organisations have them, with a name and password where wanted.
"""

import base64
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class HttpProxy(ThreadingHTTPServer):
    """The proxy. `asked` are the places that it was asked to connect to."""

    daemon_threads = True

    def __init__(self, *, user: str = "", password: str = "", barred: frozenset[int] = frozenset()) -> None:
        """
        Listen; nothing is served yet.

        Args:
            user: whom it lets through, everybody where it is empty.
            password: his.
            barred: ports that it lets nobody to.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.wanted = f"Basic {pair}" if user else None
        self.barred = barred
        self.asked: list[str] = []
        self.open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def cut(self) -> None:
        """Break what it has let through."""
        for connection in tuple(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: HttpProxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        self.close_connection = True
        if self.server.wanted is not None and self.headers.get("proxy-authorization") != self.server.wanted:
            self.send_error(407)
            return
        host, _, port = self.path.rpartition(":")
        if int(port) in self.server.barred:
            self.send_error(403)
            return
        with socket.create_connection((host, int(port))) as further:
            self.send_response(200)
            self.end_headers()
            self.server.open.add(further)
            with suppress(OSError):
                self._pump(further)
            self.server.open.discard(further)

    def _pump(self, further: socket.socket) -> None:
        while True:
            readable, _, _ = select.select([self.connection, further], [], [])
            for each in readable:
                octets = each.recv(65_536)
                if not octets:
                    return
                (further if each is self.connection else self.connection).sendall(octets)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def proxying(**how: Any) -> Iterator[HttpProxy]:
    """Serve while the block runs."""
    with HttpProxy(**how) as proxy:
        Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
