"""
Portals that answer as a test chose.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

Answering = Callable[[str, bytes], tuple[int, bytes]]


class Portal:
    """A portal that answers as a test chose, and notes what it was asked."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                portal.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                status, answer = answering(self.path, body)
                self.send_response(status)
                if status == 307:
                    self.send_header("location", "/elsewhere")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(answering: Answering, *, tls: ssl.SSLContext | None = None) -> Iterator[Portal]:
    portal = Portal(answering)
    if tls is not None:
        portal.server.socket = tls.wrap_socket(portal.server.socket, server_side=True)
    thread = Thread(target=portal.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield portal
    finally:
        portal.server.shutdown()
        thread.join()
        portal.server.server_close()
