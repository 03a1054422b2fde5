"""
Real sockets on loopback, under both event loops.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
import uvloop

from watchword.kit.clock import ManualClock, Moment
from watchword.listeners import sockets
from watchword.listeners.sockets import BURST, ListenError, Peer, ReplyPath, UdpSocket, bind
from watchword.ports.live import Listening

LOOPS: Final[dict[str, Callable[[], asyncio.AbstractEventLoop]]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
HAS_IPV6: Final = socket.has_ipv6


@pytest.fixture(params=LOOPS)
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=LOOPS[request.param]) as started:
        yield started


class Echo:
    """Sends every datagram back, and keeps whom it came from."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.paths: list[ReplyPath] = []
        self.arrivals: list[Moment] = []

    def __call__(self, datagram: bytes, peer: Peer, path: ReplyPath, arrived: Moment) -> None:
        self.peers.append(peer)
        self.paths.append(path)
        self.arrivals.append(arrived)
        path.send(datagram, peer)


@asynccontextmanager
async def served(host: str, echo: Echo, lost: list[str] | None = None) -> AsyncIterator[UdpSocket]:
    opened = UdpSocket(
        bind(host, 0),
        loop=asyncio.get_running_loop(),
        clock=ManualClock(),
        unsent=lambda: (lost if lost is not None else []).append("lost"),
    )
    opened.start(echo)
    try:
        yield opened
    finally:
        opened.close()


async def ask(sender: socket.socket, to: tuple[str, int], datagram: bytes = b"x") -> tuple[bytes, tuple[str, int]]:
    """Send a datagram, and return what comes back and from where."""
    loop = asyncio.get_running_loop()
    sender.settimeout(0)
    sender.sendto(datagram, to)
    ready = loop.create_future()
    loop.add_reader(sender, ready.set_result, None)
    try:
        async with asyncio.timeout(10):
            await ready
    finally:
        loop.remove_reader(sender)
    octets, source = sender.recvfrom(4096)
    return octets, source[:2]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_comes_from_the_address_that_was_asked(runner: asyncio.Runner, host: str) -> None:
    async def run() -> None:
        echo = Echo()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        async with served(host, echo) as opened:
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                assert await ask(sender, (host, opened.port)) == (b"x", (host, opened.port))
                assert echo.peers[0][1] == sender.getsockname()[1]
            assert opened.listening("radius") == Listening(protocol="radius", host=host, port=opened.port)

    runner.run(run())


def test_a_wildcard_answers_from_whichever_address_was_asked(runner: asyncio.Runner) -> None:
    async def run() -> None:
        echo = Echo()
        async with served("0.0.0.0", echo) as opened:  # noqa: S104 - the wildcard is what is tested
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for host in ("127.0.0.3", "127.0.0.2", "127.0.0.3"):
                    assert await ask(sender, (host, opened.port)) == (b"x", (host, opened.port))
        first, second, third = echo.paths
        assert first is third
        assert first is not second

    runner.run(run())


def test_a_wildcard_of_ipv6_answers_from_whichever_address_was_asked(runner: asyncio.Runner) -> None:
    async def run() -> None:
        echo = Echo()
        async with served("::", echo) as opened:
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
                assert await ask(sender, ("::1", opened.port)) == (b"x", ("::1", opened.port))
            # IPv4 has a socket of its own, and may have the same port.
            bind("0.0.0.0", opened.port).close()  # noqa: S104 - as above

    runner.run(run())


def test_the_ways_back_that_are_kept_are_bounded(runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_MOST_PATHS", 3)

    async def run() -> None:
        async with served("0.0.0.0", Echo()) as opened:  # noqa: S104 - as above
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for number in range(1, 12):
                    host = f"127.0.0.{number}"
                    assert await ask(sender, (host, opened.port)) == (b"x", (host, opened.port))
            assert len(opened._paths) <= 3  # noqa: SLF001 - that it is bounded shows nowhere else

    runner.run(run())


def test_a_flood_is_read_in_bursts_that_leave_room_for_others(runner: asyncio.Runner) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        received, seen_by_others = [0], []
        done = asyncio.Event()

        def receive(_datagram: bytes, _peer: Peer, _path: ReplyPath, _arrived: Moment) -> None:
            received[0] += 1
            if received[0] == 1:
                loop.call_soon(lambda: seen_by_others.append(received[0]))
            if received[0] == 3 * BURST:
                done.set()

        opened = UdpSocket(bind("127.0.0.1", 0), loop=loop, clock=ManualClock(), unsent=lambda: None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(3 * BURST):
                sender.sendto(b"x", ("127.0.0.1", opened.port))
            opened.start(receive)
            async with asyncio.timeout(10):
                await done.wait()
        opened.close()
        assert seen_by_others[0] <= 2 * BURST

    runner.run(run())


def test_a_paused_socket_reads_no_more_and_still_answers(runner: asyncio.Runner) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        echo = Echo()
        async with served("127.0.0.1", echo) as opened:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                await ask(sender, ("127.0.0.1", opened.port))
                opened.pause()
                sender.sendto(b"y", ("127.0.0.1", opened.port))
                echo.paths[0].send(b"late", echo.peers[0])
                ready = loop.create_future()
                loop.add_reader(sender, ready.set_result, None)
                await ready
                loop.remove_reader(sender)
                assert sender.recv(4096) == b"late"
        assert len(echo.peers) == 1

    runner.run(run())


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - as above
def test_an_answer_that_the_network_does_not_take_is_counted_and_raises_nothing(
    runner: asyncio.Runner, host: str
) -> None:
    async def run() -> None:
        lost: list[str] = []
        echo = Echo()
        async with served(host, echo, lost) as opened:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                await ask(sender, ("127.0.0.1", opened.port))
            echo.paths[0].send(bytes(100_000), echo.peers[0])
            assert lost == ["lost"]
        echo.paths[0].send(b"after closing", echo.peers[0])
        assert lost == ["lost", "lost"]

    runner.run(run())


def test_datagrams_of_a_burst_have_the_time_of_its_beginning(runner: asyncio.Runner) -> None:
    async def run() -> None:
        echo = Echo()
        async with served("127.0.0.1", echo) as opened:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                await ask(sender, ("127.0.0.1", opened.port))
        clock = ManualClock()
        assert echo.arrivals == [clock.read()]

    runner.run(run())


# --- what cannot be served -------------------------------------------------------------------------------------------


def test_an_address_in_use_is_one_clear_sentence() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ListenError) as caught:
            bind("127.0.0.1", port)
    assert str(caught.value) == (
        f"127.0.0.1:{port} is in use by another program; stop that one, or listen at another port"
    )


def test_an_address_of_another_machine_is_one_clear_sentence() -> None:
    with pytest.raises(ListenError) as caught:
        bind("192.0.2.1", 1812)
    assert str(caught.value) == (
        "192.0.2.1:1812 is no address of this machine; listen at one that it has, or at 0.0.0.0 or ::"
    )


def test_a_port_that_may_not_be_bound_is_one_clear_sentence() -> None:
    program = (
        "import os\n"
        "from watchword.listeners.sockets import bind\n"
        "bind('127.0.0.1', 0).close()\n"
        "os.setuid(65534)\n"
        "try: bind('127.0.0.1', 1)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    if sys.platform != "linux" or subprocess.run(["id", "-u"], capture_output=True, check=True).stdout != b"0\n":
        pytest.skip("only root can become somebody else")
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    refusal = "may not be bound by this user; take a port from 1024 on, or grant CAP_NET_BIND_SERVICE"
    # Nothing is said where the machine lets everybody bind low ports.
    assert said in {f"ListenError 127.0.0.1:1 {refusal}\n", ""}


def test_what_is_no_address_is_one_clear_sentence() -> None:
    for host in ("no such host", "x" * 70, "::1::"):
        with pytest.raises(ListenError) as caught:
            bind(host, 1812)
        assert str(caught.value) == f"{host} is neither an address nor a name of this machine; give an address"


@pytest.mark.parametrize(("host", "public"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", False)])  # noqa: S104 - as above
async def test_only_addresses_of_the_internet_are_public(host: str, *, public: bool) -> None:
    async with served(host, Echo()) as opened:
        assert opened.is_public is public
        opened.host = "8.8.8.8"
        assert opened.is_public
