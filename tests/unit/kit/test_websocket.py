"""
WebSockets on a real socket: frames both ways, whatever is no frame ends them, and nobody waits for ever.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.client import ClientProtocol
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from watchword.kit import websocket
from watchword.kit.websocket import FrameSocket, opening_fault


class End:
    """One side, and what it was told."""

    def __init__(self, framing: ClientProtocol | ServerProtocol, *, accept: bool = True) -> None:
        self.socket = FrameSocket(framing, self, loop=asyncio.get_running_loop())
        self.accept = accept
        self.frames: list[bytes] = []
        self.held_back: list[bool] = []
        self.signs = 0
        self.changed = asyncio.Event()
        self.is_open = False
        self.is_lost = 0

    def asked(self, request: Request) -> None:
        framing = self.socket.framing
        assert isinstance(framing, ServerProtocol)
        response = framing.accept(request) if self.accept else framing.reject(404, "nothing here")
        framing.send_response(response)
        if self.accept:
            self.opened()

    def opened(self) -> None:
        self.is_open = True
        self.changed.set()

    def received(self, octets: bytes) -> None:
        self.frames.append(octets)
        self.changed.set()

    def heard(self) -> None:
        self.signs += 1
        self.changed.set()

    def held(self, *, back: bool) -> None:
        self.held_back.append(back)
        self.changed.set()

    def lost(self) -> None:
        self.is_lost += 1
        self.changed.set()

    async def until(self, what: str) -> None:
        """Wait for a condition over this end, written as an expression of its attributes."""
        async with asyncio.timeout(5):
            while not eval(what, {}, vars(self)):  # noqa: S307 - the tests' own words
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def pair(*, accept: bool = True, limit: int = 1024) -> AsyncIterator[tuple[End, End]]:
    """Yield a client and a server that are connected over loopback."""
    loop = asyncio.get_running_loop()
    server_end = End(ServerProtocol(max_size=limit), accept=accept)
    server = await loop.create_server(lambda: server_end.socket, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client_end = End(ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/here"), max_size=limit))
    try:
        await loop.create_connection(lambda: client_end.socket, "127.0.0.1", port)
        framing = client_end.socket.framing
        assert isinstance(framing, ClientProtocol)
        framing.send_request(framing.connect())
        client_end.socket.flush()
        await client_end.until("is_open or is_lost")
        yield client_end, server_end
    finally:
        client_end.socket.abort()
        server_end.socket.abort()
        server.close()
        await server.wait_closed()


async def test_frames_go_both_ways_whole_and_in_order() -> None:
    async with pair(limit=70_000) as (client, server):
        client.socket.send(b"one")
        client.socket.send(b"a" * 66_000)
        server.socket.send(b"two")

        await server.until("len(frames) == 2")
        await client.until("frames")

        assert server.frames == [b"one", b"a" * 66_000]
        assert client.frames == [b"two"]
        assert (client.socket.here(), client.socket.peer()) == ("127.0.0.1", "127.0.0.1")


async def test_a_ping_is_answered_and_heard() -> None:
    async with pair() as (client, _):
        before = client.signs
        client.socket.ping()

        await client.until(f"signs > {before}")


async def test_a_close_ends_both_once() -> None:
    async with pair() as (client, server):
        client.socket.close()

        await server.until("is_lost")
        await client.until("is_lost")
        client.socket.close()
        client.socket.send(b"too late")
        client.socket.ping()

        assert (client.is_lost, server.is_lost) == (1, 1)
        assert not client.socket.is_open


async def test_a_lost_connection_is_told_to_the_other_side() -> None:
    async with pair() as (client, server):
        server.socket.abort()

        await client.until("is_lost")


async def test_a_frame_past_the_limit_ends_the_connection() -> None:
    async with pair(limit=64) as (client, server):
        client.socket.send(b"a" * 65)

        await client.until("is_lost")

        assert server.frames == []


async def test_text_ends_the_connection() -> None:
    async with pair() as (client, server):
        client.socket.framing.send_text(b"words")
        client.socket.flush()

        await client.until("is_lost")

        assert server.frames == []


async def test_fragments_end_the_connection() -> None:
    async with pair() as (client, server):
        client.socket.framing.send_binary(b"half", fin=False)
        client.socket.flush()

        await client.until("is_lost")

        assert server.frames == []


async def test_an_opening_that_is_refused_says_why() -> None:
    async with pair(accept=False) as (client, _):
        assert not client.is_open
        assert "404" in opening_fault(client.socket.framing)


async def test_who_does_not_read_holds_the_other_side_back() -> None:
    async with pair(limit=1 << 20) as (client, server):
        server.socket.pause_reading()
        for _ in range(16):
            client.socket.send(bytes(1 << 20))
        await client.until("held_back")
        assert client.held_back == [True]

        server.socket.resume_reading()

        await client.until("len(held_back) == 2")
        await server.until("len(frames) == 16")
        assert client.held_back == [True, False]


async def test_who_does_not_close_in_turn_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "CLOSE_SECONDS", 0.01)
    async with pair() as (client, server):
        server.socket.pause_reading()
        client.socket.close()

        await client.until("is_lost")
