"""
Sending one datagram as a client would, and waiting for its answer.

It goes out once: an application is tried out to see what it gets, and a second one would look like a client that does
not wait.
"""

import asyncio
import socket
from collections.abc import Callable

from watchword.upstream.primary.datagrams import Address, ConnectedSocket


class UdpProbe:
    """Fills `ports.probe.Probe` by UDP sockets of the running loop."""

    async def address_towards(self, host: str, port: int) -> str | None:
        """Return the own address that a datagram to `host` would leave from, None where there is no way there."""
        address = await _address(host, port)
        if address is None:
            return None
        family, where = address
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            try:
                asked.connect(where)
            except OSError:
                return None
            own: str = asked.getsockname()[0]
            return own.partition("%")[0]

    async def exchange(
        self, datagram: bytes, *, host: str, port: int, seconds: float, fits: Callable[[bytes], bool]
    ) -> bytes | None:
        """Send a datagram once and return the first answer that `fits`, None where none comes in time or can come."""
        address = await _address(host, port)
        if address is None:
            return None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes | None] = loop.create_future()

        def received(came: bytes) -> None:
            if not answer.done() and fits(came):
                answer.set_result(came)

        def unreachable(_words: str) -> None:
            # The system knows that nobody listens there: whoever tries a login out need not wait for that.
            if not answer.done():
                answer.set_result(None)

        try:
            way = ConnectedSocket(loop, address, received, unreachable)
        except OSError:
            return None
        try:
            way.send(datagram)
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            return None
        finally:
            way.close()


async def _address(host: str, port: int) -> Address | None:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        # The second is Python's for a name with a label that is empty or longer than 63 octets.
        return None
    family, _, _, _, where = found[0]
    return family, where
