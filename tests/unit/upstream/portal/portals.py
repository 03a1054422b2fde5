"""
A portal for servers that become known, without a store: real HTTP, real signatures, and whatever a test chose.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from watchword.domain.applications import GroupId
from watchword.domain.servers import ServerId
from watchword.domain.statements import ACTIVATION_BOX, ActivatedStatement, PortalStatement, RenewedStatement
from watchword.kit.clock import SystemClock
from watchword.kit.identities import Identity, fingerprint
from watchword.kit.randomness import SeededRandomness
from watchword.upstream.portal.enrolment import PREFIX
from watchword.wire.channel import enrolment as wire

SERVER = ServerId(b"S" * 16)
GROUP = GroupId(b"G" * 16)

Reply = tuple[int, bytes]
Sent = wire.PortalShown | wire.Known | wire.Renewed


class Portal:
    """A portal that lets everybody be known, but for what a test changes."""

    def __init__(self) -> None:
        self.identity = Identity.new(SeededRandomness(3))
        self.signs = self.identity
        self.shows = self.identity
        self.ahead = 0
        self.loses = 0
        self.instead: Callable[[str], Reply | None] = lambda _path: None
        self.asked: list[wire.Asked] = []
        self.renewing: list[wire.Renewing] = []
        self.paths: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pinned(self) -> str:
        return f"{self.url}#sha256={fingerprint(self.identity.public).hex()}"

    def answer(self, path: str, body: bytes) -> Reply | None:
        """Answer a request; None breaks the connection."""
        name = path.partition("?")[0].removeprefix(PREFIX)
        self.paths.append(name)
        instead = self.instead(name)
        if instead is not None:
            return instead
        replies: dict[str, Callable[[str, bytes], Sent]] = {
            "/portal": self._portal,
            "/activate": self._activate,
            "/renew": self._renew,
        }
        reply = replies[name](path, body)
        if name != "/portal" and self.loses:
            self.loses -= 1
            return None
        return 200, wire.encode(reply)

    def _portal(self, path: str, _body: bytes) -> wire.PortalShown:
        nonce = bytes.fromhex(path.partition("nonce=")[2])
        at = SystemClock().wall() + self.ahead * 1_000_000
        statement = PortalStatement(nonce=nonce, box_key=self.shows.box_key, at=at)
        signature = self.signs.sign(statement.canonical())
        return wire.PortalShown(key=self.identity.public, box_key=self.shows.box_key, at=at, signature=signature)

    def _activate(self, _path: str, body: bytes) -> wire.Known:
        boxed = wire.decode(body, wire.Boxed)
        assert boxed is not None
        asked = wire.decode(self.identity.open(boxed.box, purpose=ACTIVATION_BOX), wire.Asked)
        assert asked is not None
        self.asked.append(asked)
        told = ActivatedStatement(server=SERVER, key=asked.key, name="berlin-1", group=GROUP, group_name="berlin")
        return wire.Known(
            server=SERVER,
            key=told.key,
            name=told.name,
            group=GROUP,
            group_name=told.group_name,
            signature=self.signs.sign(told.canonical()),
        )

    def _renew(self, _path: str, body: bytes) -> wire.Renewed:
        renewing = wire.decode(body, wire.Renewing)
        assert renewing is not None
        self.renewing.append(renewing)
        told = RenewedStatement(server=ServerId(renewing.server), key=renewing.key)
        return wire.Renewed(server=told.server, key=told.key, signature=self.signs.sign(told.canonical()))


@contextmanager
def serving(portal: Portal, *, tls: ssl.SSLContext | None = None) -> Iterator[Portal]:
    """Serve a portal while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            reply = portal.answer(self.path, body)
            if reply is None:
                self.close_connection = True
                return
            self.send_response(reply[0])
            self.end_headers()
            self.wfile.write(reply[1])

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    with running(Handler, tls=tls) as port:
        portal.port = port
        yield portal


@contextmanager
def running(handler: type[BaseHTTPRequestHandler], *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Run a server while the block runs, and yield its port."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
