"""
Sockets and names for real, on the loopback address.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest

from watchword.kit.workers import Workers
from watchword.upstream.primary.datagrams import LONGEST_DATAGRAM, Address, ConnectedSocket, Names

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


class Inbox:
    """What arrives at a client's socket, datagrams and the system's words alike."""

    def __init__(self) -> None:
        self._arrived: asyncio.Queue[bytes | str] = asyncio.Queue()

    def put(self, arrived: bytes | str) -> None:
        self._arrived.put_nowait(arrived)

    async def get(self) -> bytes | str:
        async with asyncio.timeout(30):
            return await self._arrived.get()

    def empty(self) -> bool:
        return self._arrived.empty()


class Peer:
    """The other end: a server's socket that blocks."""

    def __init__(self, family: socket.AddressFamily = socket.AF_INET) -> None:
        self.family = family
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(30)
        self.socket.bind((LOOPBACK[family], 0))

    @property
    def address(self) -> Address:
        return self.family, self.socket.getsockname()

    def receive(self) -> tuple[bytes, tuple[str, int]]:
        datagram, where = self.socket.recvfrom(LONGEST_DATAGRAM + 1)
        return datagram, where

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    with closing(Peer()) as peer:
        yield peer


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def client(peer: Peer, inbox: Inbox) -> AsyncIterator[ConnectedSocket]:
    with closing(ConnectedSocket(asyncio.get_running_loop(), peer.address, inbox.put, inbox.put)) as client:
        yield client


async def test_datagrams_go_there_and_back(client: ConnectedSocket, peer: Peer, inbox: Inbox) -> None:
    client.send(b"ping")
    datagram, where = peer.receive()
    assert datagram == b"ping"

    peer.socket.sendto(b"pong", where)
    assert await inbox.get() == b"pong"


async def test_so_they_do_with_ipv6(inbox: Inbox) -> None:
    with (
        closing(Peer(socket.AF_INET6)) as peer,
        closing(ConnectedSocket(asyncio.get_running_loop(), peer.address, inbox.put, inbox.put)) as client,
    ):
        client.send(b"ping")
        peer.socket.sendto(b"pong", peer.receive()[1])
        assert await inbox.get() == b"pong"


async def test_nobody_else_is_heard(client: ConnectedSocket, peer: Peer, inbox: Inbox) -> None:
    client.send(b"ping")
    _, where = peer.receive()
    with closing(Peer()) as stranger:
        stranger.socket.sendto(b"forged", where)
    peer.socket.sendto(b"pong", where)

    assert await inbox.get() == b"pong"
    assert inbox.empty()


async def test_a_flood_is_read_whole_in_turns(client: ConnectedSocket, peer: Peer, inbox: Inbox) -> None:
    client.send(b"ping")
    _, where = peer.receive()
    for number in range(150):
        peer.socket.sendto(number.to_bytes(1, "big"), where)

    assert [await inbox.get() for _ in range(150)] == [number.to_bytes(1, "big") for number in range(150)]


async def test_where_nobody_listens_that_is_told_each_time(client: ConnectedSocket, peer: Peer, inbox: Inbox) -> None:
    peer.close()
    for _ in range(3):
        client.send(b"ping")
        assert await inbox.get() == "Connection refused"


async def test_an_error_that_a_send_has_met_leaves_the_socket_in_use(
    client: ConnectedSocket, peer: Peer, inbox: Inbox
) -> None:
    where = peer.address[1]
    peer.close()
    for _ in range(8):
        client.send(b"lost")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as back:
        back.settimeout(30)
        back.bind(where)
        client.send(b"ping")
        back.sendto(b"pong", back.recvfrom(100)[1])

        while (arrived := await inbox.get()) != b"pong":
            assert arrived == "Connection refused"


async def test_closing_within_a_callback_hears_no_more(peer: Peer, inbox: Inbox) -> None:
    def received(datagram: bytes) -> None:
        inbox.put(datagram)
        hearing.close()
        hearing.close()

    hearing = ConnectedSocket(asyncio.get_running_loop(), peer.address, received, inbox.put)
    hearing.send(b"ping")
    _, where = peer.receive()
    peer.socket.sendto(b"one", where)
    peer.socket.sendto(b"two", where)

    assert await inbox.get() == b"one"
    assert inbox.empty()


async def test_what_cannot_be_sent_is_lost(client: ConnectedSocket, peer: Peer) -> None:
    client.send(bytes(70_000))
    client.send(b"ping")

    assert peer.receive()[0] == b"ping"


async def test_no_way_there_is_an_error() -> None:
    with pytest.raises(OSError, match=r"unreachable|Invalid argument|Permission denied"):
        ConnectedSocket(asyncio.get_running_loop(), (socket.AF_INET, ("255.255.255.255", 1812)), print, print)


class Lookups:
    """Names on one thread, and what they come to."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.faults: list[str] = []
        self.workers = Workers(
            name="names", threads=1, waiting=0, wake=self.loop.call_soon_threadsafe, fault=self.fault
        )
        self.names = Names(self.workers)

    def fault(self, where: str) -> None:
        self.faults.append(where)

    async def of(self, host: str) -> tuple[Address, ...]:
        found: asyncio.Future[tuple[Address, ...]] = self.loop.create_future()
        self.names.resolve(host, 1812, found.set_result)
        async with asyncio.timeout(60):
            return await found


@pytest.fixture
async def lookups() -> AsyncIterator[Lookups]:
    lookups = Lookups()
    yield lookups
    lookups.workers.close()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", (socket.AF_INET, ("192.0.2.1", 1812))),
        ("2001:db8::1", (socket.AF_INET6, ("2001:db8::1", 1812, 0, 0))),
    ],
)
async def test_an_address_is_its_own_answer_at_once(lookups: Lookups, host: str, address: Address) -> None:
    found: list[tuple[Address, ...]] = []
    lookups.names.resolve(host, 1812, found.append)

    assert found == [(address,)]


async def test_a_name_is_looked_up(lookups: Lookups) -> None:
    assert (socket.AF_INET, ("127.0.0.1", 1812)) in await lookups.of("localhost")


@pytest.mark.parametrize("host", ["", "a..b", "x" * 300, "name with blanks"])
async def test_what_names_nothing_has_no_address(lookups: Lookups, host: str) -> None:
    assert await lookups.of(host) == ()
    assert lookups.faults == []


async def test_without_a_thread_to_spare_there_is_no_address(lookups: Lookups) -> None:
    found: list[tuple[Address, ...]] = []
    lookups.workers.submit(lambda: None, lambda _: None)
    lookups.names.resolve("localhost", 1812, found.append)

    assert found == [()]
