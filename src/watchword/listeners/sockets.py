"""
UDP sockets: datagrams in, in bounded bursts, and answers out from the address that was asked (R15).

A socket that is bound to one address answers from it by itself. One that is bound to a wildcard learns from the kernel
which address each datagram came to, and tells it that address with the answer. IPv4 and IPv6 have sockets of their own.

The loop calls when something can be read, and what is there is read until there is no more or a burst is done, so that
a flood leaves room for everything else. That needs no more of the loop than `add_reader`: uvloop and asyncio alike.
"""

import errno
import socket
import struct
from asyncio import AbstractEventLoop
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, Protocol

from watchword.kit.clock import Clock, Moment
from watchword.ports.live import Listening

BURST: Final = 64
"""Datagrams that are read in one wake-up."""
LONGEST_DATAGRAM: Final = 4096
"""Octets that are read of one; more than that no RADIUS packet has (RFC 2865 section 3)."""
RECEIVE_BUFFER: Final = 4 * 1024 * 1024
"""Octets asked for, so that a burst waits in the kernel while we are busy; it grants what its settings allow."""
SEND_BUFFER: Final = 1024 * 1024

_IP_PKTINFO: Final = 8
"""ip(7); Python has no name for it."""
_PKTINFO_4: Final = struct.Struct("@I4s4s")
"""Interface, the local address that answers should come from, the destination in the header."""
_PKTINFO_6: Final = struct.Struct("@16sI")
"""Destination, interface."""
_ANCILLARY: Final = socket.CMSG_SPACE(max(_PKTINFO_4.size, _PKTINFO_6.size))
_MOST_PATHS: Final = 1_024
"""Local addresses whose way back is kept; loopback alone has 16 million."""

Peer = tuple[str, int] | tuple[str, int, int, int]
"""Where a datagram came from, as the socket module has it: host, port, and for IPv6 flow and scope."""


class ListenError(Exception):
    """Nothing can be served at an address; the text is a sentence that says why and what to do."""


class ReplyPath(Protocol):
    """The way back for datagrams that came to one local address. Equal and hashable by that address."""

    def send(self, datagram: bytes, peer: Peer) -> None:
        """Send a datagram from the address that was asked. One that the network does not take is lost, and counted."""


Receive = Callable[[bytes, Peer, ReplyPath, Moment], None]
"""Takes a datagram, whom it came from, the way back, and when it was read. It raises nothing."""


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bind(host: str, port: int) -> socket.socket:
    """
    Bind a UDP socket.

    Args:
        host: an address of this machine, a name for one, or a wildcard; `::` takes no IPv4.
        port: 0 for any that is free.

    Raises:
        ListenError: It cannot be had.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise ListenError(f"{host} is neither an address nor a name of this machine; give an address") from error
    # A name that has both kinds means IPv4 to whoever writes 127.0.0.1 elsewhere.
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.settimeout(0)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Without SO_REUSEADDR, which would let a second process share the port and take datagrams away.
        opened.bind(address)
    except OSError as error:
        opened.close()
        raise ListenError(_sentence(error, _shown(host, port))) from error
    return opened


def _sentence(error: OSError, where: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{where} is in use by another program; stop that one, or listen at another port"
        case errno.EADDRNOTAVAIL:
            return f"{where} is no address of this machine; listen at one that it has, or at 0.0.0.0 or ::"
        case errno.EACCES | errno.EPERM:
            return f"{where} may not be bound by this user; take a port from 1024 on, or grant CAP_NET_BIND_SERVICE"
        case _:
            return f"{where} cannot be bound: {error.strerror}"


_Local = tuple[int, int, bytes]
"""A local address as the kernel writes it: the ancillary data that makes an answer leave from it."""


class _FromAddress:
    """The way back from one local address of a socket that is bound to a wildcard."""

    __slots__ = ("_ancillary", "_socket")

    def __init__(self, owner: "UdpSocket", local: _Local) -> None:
        self._socket = owner
        self._ancillary = [local]

    def send(self, datagram: bytes, peer: Peer) -> None:
        self._socket.send_from(datagram, peer, self._ancillary)


class UdpSocket:
    """A bound socket on the loop."""

    def __init__(
        self, opened: socket.socket, *, loop: AbstractEventLoop, clock: Clock, unsent: Callable[[], None]
    ) -> None:
        """
        Take a socket over.

        Args:
            opened: from `bind`.
            loop: where it is read.
            clock: what arrivals are stamped with, once a wake-up.
            unsent: called for each answer that is lost.
        """
        self._socket = opened
        self._loop = loop
        self._clock = clock
        self._unsent = unsent
        self._receive: Receive | None = None
        self._paths: dict[_Local, _FromAddress] = {}
        self.host, self.port = opened.getsockname()[:2]
        self._wildcard = ip_address(self.host.partition("%")[0]).is_unspecified
        if self._wildcard and opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        elif self._wildcard:
            opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)

    @property
    def is_public(self) -> bool:
        """Whether it is bound to an address of the Internet, where RADIUS over UDP must not be spoken (R80)."""
        return ip_address(self.host.partition("%")[0]).is_global

    def listening(self, protocol: str) -> Listening:
        """Return what is served here, as `doctor` reads it."""
        return Listening(protocol=protocol, host=self.host, port=self.port)

    def start(self, receive: Receive) -> None:
        """Read from now on."""
        self._receive = receive
        self._loop.add_reader(self._socket, self._drain_wildcard if self._wildcard else self._drain)

    def pause(self) -> None:
        """Read no more. Answers still leave."""
        if self._receive is not None:
            self._receive = None
            self._loop.remove_reader(self._socket)

    def close(self) -> None:
        """Read and send no more."""
        self.pause()
        self._socket.close()

    def send(self, datagram: bytes, peer: Peer) -> None:
        """Send a datagram from the one address that the socket is bound to."""
        try:
            self._socket.sendto(datagram, peer)
        except OSError:
            self._unsent()

    def send_from(self, datagram: bytes, peer: Peer, ancillary: list[_Local]) -> None:
        """Send a datagram from the local address that `ancillary` names."""
        try:
            self._socket.sendmsg((datagram,), ancillary, 0, peer)
        except OSError:
            self._unsent()

    def _drain(self) -> None:
        receive, take, arrived = self._receive, self._socket.recvfrom, self._clock.read()
        try:
            for _ in range(BURST):
                datagram, peer = take(LONGEST_DATAGRAM)
                if receive is not None:
                    receive(datagram, peer, self, arrived)
        except OSError:
            # Nothing is left, or an earlier answer was refused: either way the loop calls again.
            return

    def _drain_wildcard(self) -> None:
        receive, take, arrived = self._receive, self._socket.recvmsg, self._clock.read()
        try:
            for _ in range(BURST):
                datagram, ancillary, _, peer = take(LONGEST_DATAGRAM, _ANCILLARY)
                path = self._path(ancillary)
                if receive is not None and path is not None:
                    receive(datagram, peer, path, arrived)
        except OSError:
            return

    def _path(self, ancillary: list[_Local]) -> ReplyPath | None:
        for level, kind, octets in ancillary:
            if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
                _, local, _ = _PKTINFO_4.unpack(octets)
                return self._known((level, kind, _PKTINFO_4.pack(0, local, bytes(4))))
            if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
                local, interface = _PKTINFO_6.unpack(octets)
                # Only a link's own addresses need the link; for the others the routing table knows best.
                linked = interface if ip_address(local).is_link_local else 0
                return self._known((level, kind, _PKTINFO_6.pack(local, linked)))
        return None

    def _known(self, local: _Local) -> ReplyPath:
        path = self._paths.get(local)
        if path is None:
            if len(self._paths) >= _MOST_PATHS:
                self._paths.clear()
            path = self._paths[local] = _FromAddress(self, local)
        return path
