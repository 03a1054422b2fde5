"""
A network access server of our own, which shares no line with the product.

It writes RADIUS requests as NAS clients do, well or badly on purpose, and believes no answer that is not whole: every
answer's Response Authenticator (RFC 2865 section 3), its Message-Authenticator, that this one comes first
(draft-ietf-radext-deprecating-radius) and that the request's Proxy-States come back as they were are checked each time
(`read_answer`). Debian's radclient checks none of the last three.
"""

import hashlib
import hmac
import itertools
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import TracebackType
from typing import Final, Self

Address = tuple[str, int]
Attributes = tuple[tuple[int, bytes], ...]

PATIENCE: Final = 30.0
"""Seconds after which a test gives up on an answer that has to come: longer than any busy machine takes."""

HEADER: Final = struct.Struct(">BBH16s")


class Code(IntEnum):
    """Codes of packets (RFC 2865 section 3, RFC 2866, RFC 5997)."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12


class Type(IntEnum):
    """Types of attributes (RFC 2865 section 5, RFC 2866, RFC 2869)."""

    USER_NAME = 1
    USER_PASSWORD = 2
    CHAP_PASSWORD = 3
    NAS_IP_ADDRESS = 4
    SERVICE_TYPE = 6
    FRAMED_IP_ADDRESS = 8
    FILTER_ID = 11
    REPLY_MESSAGE = 18
    STATE = 24
    CLASS = 25
    VENDOR_SPECIFIC = 26
    SESSION_TIMEOUT = 27
    CALLING_STATION_ID = 31
    NAS_IDENTIFIER = 32
    PROXY_STATE = 33
    ACCT_STATUS_TYPE = 40
    ACCT_SESSION_ID = 44
    EAP_MESSAGE = 79
    MESSAGE_AUTHENTICATOR = 80


class Signed(Enum):
    """What a request's Message-Authenticator is like."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it goes out."""

    octets: bytes
    secret: bytes

    @property
    def identifier(self) -> int:
        """Its Identifier."""
        return self.octets[1]

    @property
    def authenticator(self) -> bytes:
        """Its Request Authenticator."""
        return self.octets[4:20]

    @property
    def proxy_states(self) -> list[bytes]:
        """Its Proxy-States, in order."""
        return [value for kind, value in attributes_of(self.octets) if kind == Type.PROXY_STATE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that was found whole."""

    code: Code
    attributes: Attributes

    def values(self, kind: int) -> list[bytes]:
        """Return all values of a type of attribute, in order."""
        return [value for known, value in self.attributes if known == kind]

    @property
    def accepted(self) -> bool:
        """Whether it is an Access-Accept."""
        return self.code is Code.ACCESS_ACCEPT

    @property
    def rejected(self) -> bool:
        """Whether it is an Access-Reject."""
        return self.code is Code.ACCESS_REJECT

    @property
    def challenged(self) -> bool:
        """Whether it is an Access-Challenge."""
        return self.code is Code.ACCESS_CHALLENGE

    @property
    def message(self) -> str:
        """What the user is shown."""
        return " ".join(value.decode() for value in self.values(Type.REPLY_MESSAGE))

    @property
    def state(self) -> bytes:
        """Its one State."""
        (state,) = self.values(Type.STATE)
        return state

    @property
    def number(self) -> str:
        """The number that a challenge tells the user to type on the phone."""
        (number,) = (word for word in self.message.split() if word.isdigit())
        return number


def attributes_of(octets: bytes) -> Attributes:
    """Read the attributes of a packet, of which nothing may be left over (RFC 2865 section 5)."""
    _, _, length, _ = HEADER.unpack_from(octets)
    assert length == len(octets), "octets beyond the packet's own length"
    found, place = [], HEADER.size
    while place < length:
        kind, size = octets[place], octets[place + 1]
        assert size >= 2, "an attribute shorter than its own head"
        assert place + size <= length, "an attribute longer than its packet"
        found.append((kind, octets[place + 2 : place + size]))
        place += size
    return tuple(found)


def read_answer(request: Request, octets: bytes) -> Answer:
    """Read the answer to a request. It is an AssertionError where anything about it is not as it must be."""
    code, identifier, _, authenticator = HEADER.unpack_from(octets)
    attributes = attributes_of(octets)
    assert identifier == request.identifier, "the answer to another request"
    over = octets[:4] + request.authenticator + octets[20:]
    assert authenticator == hashlib.md5(over + request.secret).digest(), "a wrong Response Authenticator"  # noqa: S324
    assert attributes[0][0] == Type.MESSAGE_AUTHENTICATOR, "Message-Authenticator is not the first attribute"
    assert [kind for kind, _ in attributes].count(Type.MESSAGE_AUTHENTICATOR) == 1
    blank = over[:22] + bytes(16) + over[38:]
    assert attributes[0][1] == hmac.digest(request.secret, blank, "md5"), "a wrong Message-Authenticator"
    echoed = [value for kind, value in attributes if kind == Type.PROXY_STATE]
    assert echoed == request.proxy_states, "Proxy-State did not come back as it was"
    return Answer(code=Code(code), attributes=attributes)


def hidden(password: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """Hide a password as RFC 2865 section 5.2 has it."""
    padded = password.ljust(max(16, (len(password) + 15) // 16 * 16), b"\0")
    done = b""
    for start in range(0, len(padded), 16):
        mask = hashlib.md5(secret + (done[-16:] or authenticator)).digest()  # noqa: S324
        done += bytes(left ^ right for left, right in zip(padded[start : start + 16], mask, strict=True))
    return done


def packet(
    code: Code,
    secret: bytes,
    attributes: Sequence[tuple[int, bytes]],
    *,
    authenticator: bytes | None = None,
    identifier: int | None = None,
    signed: Signed = Signed.RIGHT,
) -> Request:
    """Write a request; `authenticator` and `identifier` None are drawn by chance."""
    authenticator = os.urandom(16) if authenticator is None else authenticator
    identifier = os.urandom(1)[0] if identifier is None else identifier
    body = b"".join(bytes((kind, len(value) + 2)) + value for kind, value in attributes)
    place = HEADER.size + len(body) + 2
    if signed is not Signed.MISSING:
        body += bytes((Type.MESSAGE_AUTHENTICATOR, 18)) + bytes(16)
    accounting = code is Code.ACCOUNTING_REQUEST
    head = HEADER.pack(code, identifier, HEADER.size + len(body), bytes(16) if accounting else authenticator)
    octets = head + body
    if signed is not Signed.MISSING:
        mac = hmac.digest(secret if signed is Signed.RIGHT else b"another secret", octets, "md5")
        octets = octets[:place] + mac + octets[place + 16 :]
    if accounting:
        octets = octets[:4] + hashlib.md5(octets + secret).digest() + octets[20:]  # noqa: S324
    return Request(octets=octets, secret=secret)


class Exchange:
    """A request that was sent from a socket of its own, and what comes back there."""

    def __init__(self, server: Address, request: Request, *, address: str, port: int = 0) -> None:
        """Open the socket and send the request."""
        self.request = request
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self._socket.connect(server)
        self._socket.send(request.octets)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket, as a client does that has given up: what still comes is lost."""
        self._socket.close()

    @property
    def port(self) -> int:
        """The port that it was sent from."""
        port: int = self._socket.getsockname()[1]
        return port

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self._socket.fileno()

    def again(self) -> None:
        """Send the very same packet again, from the same port."""
        self._socket.send(self.request.octets)

    def send(self, request: Request) -> None:
        """Send another packet from the same port; `answer` is about that one from now on."""
        self.request = request
        self._socket.send(request.octets)

    def octets(self, seconds: float = PATIENCE) -> bytes:
        """Wait for a datagram."""
        ready, _, _ = select.select([self._socket], [], [], seconds)
        assert ready, f"no answer came within {seconds} seconds"
        return self._socket.recv(4_096)

    def answer(self, seconds: float = PATIENCE) -> Answer:
        """Wait for the answer, and read it."""
        return read_answer(self.request, self.octets(seconds))

    def has_answer(self) -> bool:
        """Tell whether anything has come back that was not read, without waiting."""
        return bool(select.select([self._socket], [], [], 0)[0])


class Nas:
    """A client of one application."""

    def __init__(self, server: Address, secret: bytes, *, name: str, address: str) -> None:
        """
        Be a client.

        Args:
            server: where RADIUS is served.
            secret: what it shares with the server.
            name: of its application.
            address: where it asks from.
        """
        self.server = server
        self.secret = secret
        self.name = name
        self.address = address
        self._identifiers: Iterator[int] = itertools.cycle(range(256))

    def request(
        self,
        user: str,
        password: str | bytes | None = None,
        *,
        station: str | None = None,
        state: bytes | None = None,
        more: Sequence[tuple[int, bytes]] = (),
        signed: Signed = Signed.RIGHT,
        authenticator: bytes | None = None,
        identifier: int | None = None,
    ) -> Request:
        """
        Write an Access-Request.

        Args:
            user: User-Name.
            password: User-Password, None for none at all.
            station: Calling-Station-Id.
            state: State.
            more: attributes behind those.
            signed: its Message-Authenticator.
            authenticator: its Request Authenticator, by chance where None.
            identifier: the next one where None.
        """
        authenticator = os.urandom(16) if authenticator is None else authenticator
        attributes: list[tuple[int, bytes]] = [(Type.USER_NAME, user.encode())]
        if password is not None:
            typed = password.encode() if isinstance(password, str) else password
            attributes.append((Type.USER_PASSWORD, hidden(typed, self.secret, authenticator)))
        if station is not None:
            attributes.append((Type.CALLING_STATION_ID, station.encode()))
        if state is not None:
            attributes.append((Type.STATE, state))
        return packet(
            Code.ACCESS_REQUEST,
            self.secret,
            (*attributes, *more),
            authenticator=authenticator,
            identifier=next(self._identifiers) if identifier is None else identifier,
            signed=signed,
        )

    def send(self, request: Request, *, port: int = 0) -> Exchange:
        """Send a request from a new socket."""
        return Exchange(self.server, request, address=self.address, port=port)

    def begin(
        self,
        user: str,
        password: str | bytes | None = None,
        *,
        station: str | None = None,
        state: bytes | None = None,
    ) -> Exchange:
        """Send a login and do not wait for its answer."""
        return self.send(self.request(user, password, station=station, state=state))

    def login(
        self,
        user: str,
        password: str | bytes | None = None,
        *,
        station: str | None = None,
        state: bytes | None = None,
    ) -> Answer:
        """Send a login and wait for its answer."""
        with self.begin(user, password, station=station, state=state) as exchange:
            return exchange.answer()

    def probe(self) -> Exchange:
        """Send a Status-Server packet."""
        return self.send(packet(Code.STATUS_SERVER, self.secret, ()))


class CredulousServer:
    """A RADIUS server that accepts whatever password it is asked about, as one does where it was just changed."""

    def __init__(self, secret: bytes) -> None:
        """Serve at a port that the system chooses."""
        self._secret = secret
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            asked, peer = self._socket.recvfrom(4_096)
            if not asked:
                return
            length = HEADER.size + 18
            head = HEADER.pack(Code.ACCESS_ACCEPT, asked[1], length, asked[4:20])
            attribute = bytes((Type.MESSAGE_AUTHENTICATOR, 18))
            signed = attribute + hmac.digest(self._secret, head + attribute + bytes(16), "md5")
            authenticator = hashlib.md5(head + signed + self._secret).digest()  # noqa: S324
            self._socket.sendto(head[:4] + authenticator + signed, peer)


def answers(exchanges: Sequence[Exchange], seconds: float = PATIENCE) -> list[Answer]:
    """Wait until each of many exchanges has its answer, and return them in the exchanges' order."""
    deadline = time.monotonic() + seconds
    return [exchange.answer(max(0.0, deadline - time.monotonic())) for exchange in exchanges]
