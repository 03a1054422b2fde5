"""
One datagram out, one answer back, over real sockets.
"""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from watchword.upstream.probe import UdpProbe

LONG = 30.0


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(0)
        yield bound


def port_of(server: socket.socket) -> int:
    port: int = server.getsockname()[1]
    return port


async def test_the_first_answer_that_fits_counts_and_others_are_passed_over(server: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    asked = asyncio.ensure_future(  # noqa: TID251 - the test plays both sides
        UdpProbe().exchange(
            b"ask", host="127.0.0.1", port=port_of(server), seconds=LONG, fits=lambda came: came.startswith(b"yes")
        )
    )
    datagram, peer = await loop.sock_recvfrom(server, 4096)
    for answer in (b"no", b"", b"yes 1", b"yes 2"):
        await loop.sock_sendto(server, answer, peer)

    assert datagram == b"ask"
    assert await asked == b"yes 1"


async def test_a_datagram_goes_out_once_and_silence_is_none(server: socket.socket) -> None:
    answer = await UdpProbe().exchange(
        b"ask", host="127.0.0.1", port=port_of(server), seconds=0.05, fits=lambda _came: True
    )

    assert answer is None
    assert server.recv(4096) == b"ask"
    with pytest.raises(BlockingIOError):
        server.recv(4096)


async def test_where_nobody_listens_that_is_known_at_once(server: socket.socket) -> None:
    port = port_of(server)
    server.close()

    async with asyncio.timeout(LONG / 2):
        assert not await UdpProbe().exchange(b"ask", host="127.0.0.1", port=port, seconds=LONG, fits=lambda _came: True)


async def test_the_own_address_is_the_one_that_the_system_would_use() -> None:
    probe = UdpProbe()

    assert await probe.address_towards("127.0.0.1", 1812) == "127.0.0.1"
    assert await probe.address_towards("localhost", 1812) in {"127.0.0.1", "::1"}


async def test_what_is_no_host_has_no_way_there() -> None:
    probe = UdpProbe()

    assert await probe.address_towards("", 0) is None
    assert await probe.address_towards("a..b", 1812) is None
    assert await probe.exchange(b"ask", host="x" * 64, port=1812, seconds=LONG, fits=lambda _came: True) is None
    # A broadcast address is one to which the system lets nobody connect unasked.
    assert await probe.address_towards("255.255.255.255", 1812) is None
    assert await probe.exchange(b"ask", host="255.255.255.255", port=1, seconds=LONG, fits=lambda _came: True) is None
