"""
UDP to one address: a connected socket on the loop, and the addresses that a name stands for.

The kernel lets only datagrams of that address and port through a connected socket, and tells when nobody listens there.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

from watchword.kit.workers import Workers

LONGEST_DATAGRAM: Final = 4_096
"""Octets of a RADIUS packet at most (RFC 2865 section 3); what is longer is padding."""

_AT_ONCE: Final = 64
"""Datagrams read at one wake-up, so that a flood from one server does not hold the loop."""

Address = tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]
"""Family and socket address, as the system gives them."""

Resolve = Callable[[str, int, Callable[[tuple[Address, ...]], None]], None]
"""Finds the addresses of a host, in the order to try them, none where that fails. May call back at once."""


class Datagrams(Protocol):
    """A way to one address and back."""

    def send(self, datagram: bytes) -> None:
        """Send, or lose it: whoever waits for the answer sends again."""

    def close(self) -> None:
        """Send and receive no more."""


class OpenDatagrams(Protocol):
    """Opens a way to an address."""

    def __call__(
        self, address: Address, received: Callable[[bytes], None], unreachable: Callable[[str], None]
    ) -> Datagrams:
        """
        Open it.

        Args:
            address: where to.
            received: called with each datagram from there.
            unreachable: called with the system's words where what was sent has come back as undeliverable.

        Raises:
            OSError: there is no way there, or too many files are open.
        """


class ConnectedSocket:
    """A UDP socket connected to one address."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        address: Address,
        received: Callable[[bytes], None],
        unreachable: Callable[[str], None],
    ) -> None:
        family, where = address
        self._loop = loop
        self._received = received
        self._unreachable = unreachable
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            self._socket.connect(where)
        except OSError:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket, self._readable)
        self._open = True

    def send(self, datagram: bytes) -> None:
        """Send, or lose it."""
        for _ in range(2):
            # Linux tells with the next call that an earlier datagram came back, and then has not sent this one.
            with suppress(OSError):
                self._socket.send(datagram)
                return

    def close(self) -> None:
        """Send and receive no more; a second time changes nothing."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                datagram = self._socket.recv(LONGEST_DATAGRAM)
            except BlockingIOError:
                break
            except OSError as error:
                self._unreachable(error.strerror or type(error).__name__)
            else:
                self._received(datagram)
            if not self._open:
                return
        # libuv stops to watch a socket that has had an error, whoever has read that error.
        self._loop.remove_reader(self._socket)
        self._loop.add_reader(self._socket, self._readable)


class Names:
    """Asks the system for the addresses of a host, on threads, because a name server may take its time."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def resolve(self, host: str, port: int, done: Callable[[tuple[Address, ...]], None]) -> None:
        """Call `done` with the addresses of `host`; at once where it is an address."""
        addresses = _looked_up(host, port, socket.AI_NUMERICHOST)
        if addresses:
            done(addresses)
        else:
            look_up = partial(_looked_up, host, port, socket.AI_ADDRCONFIG)
            self._workers.submit(look_up, lambda found: done(found or ()))


def _looked_up(host: str, port: int, flags: int) -> tuple[Address, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=flags)
    except (OSError, UnicodeError):  # UnicodeError: a name that no name server can be asked for.
        return ()
    return tuple((family, where) for family, _, _, _, where in found)
