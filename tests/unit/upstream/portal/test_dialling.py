"""
The way to a portal: through a proxy, with TLS inside, and every failure told apart.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvloop
from websockets.client import ClientProtocol
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.rigs.certificates import make_server_certificate
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.kit.websocket import FrameSocket
from watchword.upstream.portal.dialling import PATH, NotReached, PortalAddress, Proxy, dial


class End:
    """One side of a connection."""

    def __init__(self, framing: ClientProtocol | ServerProtocol) -> None:
        self.framing = framing
        self.socket = FrameSocket(framing, self, loop=asyncio.get_running_loop())
        self.path = ""
        self.is_open, self.changed = False, asyncio.Event()

    def asked(self, request: Request) -> None:
        self.path = request.path
        assert isinstance(self.framing, ServerProtocol)
        self.framing.send_response(self.framing.accept(request))

    def opened(self) -> None:
        self.is_open = True
        self.changed.set()

    def received(self, octets: bytes) -> None:
        pass

    def heard(self) -> None:
        pass

    def held(self, *, back: bool) -> None:
        pass

    def lost(self) -> None:
        self.changed.set()


class ConnectProxy:
    """A proxy that lets CONNECT through, or says what it is told to."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.serving = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving += 1
        self.idle.clear()
        try:
            await self.serve_one(reader, writer)
        finally:
            self.serving -= 1
            if not self.serving:
                self.idle.set()

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if self.answer is not None:
            writer.write(self.answer)
            await self.close(writer)
            return
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        further, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        async with asyncio.TaskGroup() as both:
            both.create_task(self.copy(reader, back))
            both.create_task(self.copy(further, writer))

    async def copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await reader.read(65_536):
                writer.write(octets)
        await self.close(writer)

    async def close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def listening(made: object, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve WebSockets, and yield the port."""
    loop = asyncio.get_running_loop()
    assert callable(made)
    server = await loop.create_server(made, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()


@asynccontextmanager
async def proxy(one: ConnectProxy) -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    yield Proxy(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    server.close()
    async with asyncio.timeout(5):
        await one.idle.wait()


async def opened(address: PortalAddress, through: Proxy | None = None) -> End:
    """Dial, and open the connection."""
    end = End(ClientProtocol(address.uri))
    await dial(address, lambda: end.socket, proxy=through, loop=asyncio.get_running_loop())
    assert isinstance(end.framing, ClientProtocol)
    end.framing.send_request(end.framing.connect())
    end.socket.flush()
    async with asyncio.timeout(5):
        await end.changed.wait()
    return end


def contexts(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Return what serves TLS for 127.0.0.1, and the authority in PEM."""
    made = make_server_certificate(folder, host="portal.test", address="127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    return context, made.authority.read_text()


@pytest.mark.parametrize("through", [False, True])
async def test_a_portal_is_reached_straight_and_through_a_proxy(through: bool) -> None:  # noqa: FBT001
    ends: list[End] = []

    def made() -> FrameSocket:
        ends.append(End(ServerProtocol()))
        return ends[-1].socket

    between = ConnectProxy()
    async with listening(made) as port, proxy(between) as way:
        end = await opened(PortalAddress.read(f"http://127.0.0.1:{port}/below"), way if through else None)
        assert end.is_open
        assert ends[0].path == f"/below{PATH}"
        end.socket.abort()
        ends[0].socket.abort()
    assert len(between.heads) == int(through)


@pytest.mark.parametrize("through", [False, True])
async def test_tls_is_checked_and_goes_through_a_proxy(tmp_path: Path, through: bool) -> None:  # noqa: FBT001
    context, authority = contexts(tmp_path)
    ends: list[End] = []

    def made() -> FrameSocket:
        ends.append(End(ServerProtocol()))
        return ends[-1].socket

    async with listening(made, tls=context) as port, proxy(ConnectProxy()) as way:
        used = way if through else None
        end = await opened(PortalAddress.read(f"https://127.0.0.1:{port}", ca=authority), used)
        assert end.is_open
        end.socket.abort()
        with pytest.raises(NotReached) as untrusted:
            await opened(PortalAddress.read(f"https://127.0.0.1:{port}"), used)
        assert untrusted.value.refusal is EnrolmentRefusal.TLS_NOT_TRUSTED
        for one in ends:
            one.socket.abort()


def test_the_loop_that_serves_goes_through_a_proxy_too(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for shown in (
            test_tls_is_checked_and_goes_through_a_proxy(tmp_path, through=True),
            test_a_portal_is_reached_straight_and_through_a_proxy(through=True),
        ):
            runner.run(asyncio.wait_for(shown, 10))


async def test_a_proxy_is_told_who_asks(tmp_path: Path) -> None:
    del tmp_path
    between = ConnectProxy(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    async with proxy(between) as way:
        named = Proxy.read(f"http://me:pass%20word@127.0.0.1:{way.port}")
        with pytest.raises(NotReached) as refused:
            await opened(PortalAddress.read("http://portal.test:8080"), named)

    assert refused.value.refusal is EnrolmentRefusal.PROXY
    assert "407" in str(refused.value)
    assert between.heads[0].startswith(b"CONNECT portal.test:8080 HTTP/1.1\r\nHost: portal.test:8080\r\n")
    assert b"Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n" in between.heads[0]
    assert "pass word" not in str(refused.value)


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nand more", bytes(20_000)])
async def test_a_proxy_that_does_not_do_what_it_is_there_for_is_no_way(answer: bytes) -> None:
    async with proxy(ConnectProxy(answer)) as way:
        with pytest.raises(NotReached) as refused:
            await opened(PortalAddress.read("http://[::1]:8080"), way)

    assert refused.value.refusal is EnrolmentRefusal.PROXY


async def test_where_nobody_listens_or_nobody_has_the_name_it_says_so() -> None:
    async with listening(lambda: None) as port:
        pass
    with pytest.raises(NotReached) as nobody:
        await opened(PortalAddress.read(f"http://127.0.0.1:{port}"))
    with pytest.raises(NotReached) as nameless:
        await opened(PortalAddress.read("http://portal.invalid"))

    assert nobody.value.refusal is EnrolmentRefusal.NOT_REACHED
    assert nameless.value.refusal is EnrolmentRefusal.NAME_NOT_FOUND


@pytest.mark.parametrize("url", ["ftp://x", "https://", "https://me@portal.test", "portal.test", "ws://portal.test"])
def test_what_is_no_url_of_a_portal_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        PortalAddress.read(url)


@pytest.mark.parametrize("url", ["https://proxy.test:1", "proxy.test:8080", "socks5://proxy.test"])
def test_what_is_no_proxy_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="proxy"):
        Proxy.read(url)
