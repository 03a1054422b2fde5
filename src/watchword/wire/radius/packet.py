"""
A packet: bytes to values in one walk over its attributes.

Framing is RFC 2865 section 3: Length decides, octets beyond it are padding, and what does not fit is dropped without an
answer, because an answer to an unproven packet is an oracle (R5 to R8; RFC 2865 section 5 would have an Access-Reject
for a bad attribute length, and no server does that). Two caps bound what a datagram can cost: its 4096 octets and 200
attributes.
"""

from collections import Counter
from collections.abc import Mapping
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import Final, NamedTuple

from watchword.wire.radius.attributes import (
    SIZES,
    Attribute,
    AttributeType,
    address_of,
    endpoint_of,
    name_of,
)
from watchword.wire.radius.errors import RadiusError, Reason

SHORTEST_PACKET: Final = 20
"""Octets of a header: Code, Identifier, Length, Authenticator (RFC 2865 section 3)."""
LONGEST_PACKET: Final = 4096
"""Octets of a packet (RFC 2865 section 3)."""
MOST_ATTRIBUTES: Final = 200
"""Attributes of a packet: FreeRADIUS's default, far above what any NAS sends (R10)."""
AUTHENTICATOR_SIZE: Final = 16
"""Octets of every authenticator (RFC 2865 section 3, RFC 3579 section 3.2)."""

_HEADER: Final = Struct("!BBH")
_MESSAGE_AUTHENTICATOR: Final = AttributeType.MESSAGE_AUTHENTICATOR.value


class Code(IntEnum):
    """The codes that are spoken here; every other is dropped (R6)."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12


_CODES: Final = {code.value: code for code in Code}


class Packet(NamedTuple):
    """
    A well-framed packet; nothing is proven by having one.

    It is a named tuple, because a frozen dataclass takes four times as long to make.

    Attributes:
        code: What it is.
        identifier: 0 to 255.
        authenticator: 16 octets.
        attributes: All of them, in the order of the packet.
        single: Value by type, of the types that are there exactly once. Read only.
        message_authenticator_at: Where in `octets` the value of Message-Authenticator starts, 0 where there is none.
        octets: The packet itself, without padding.
    """

    code: Code
    identifier: int
    authenticator: bytes
    attributes: tuple[Attribute, ...]
    single: Mapping[int, bytes]
    message_authenticator_at: int
    octets: bytes

    def __repr__(self) -> str:
        # Values stay out: what hides a password is only as good as the secret.
        return f"<{self.code.name} {self.identifier} with {len(self.attributes)} attributes>"

    def value(self, kind: AttributeType) -> bytes | None:
        """Return a value that is there exactly once and has a size that its type may have, and None otherwise (R7)."""
        found = self.single.get(kind)
        return found if found is not None and len(found) in SIZES[kind] else None

    def values(self, kind: AttributeType) -> tuple[bytes, ...]:
        """Return all values of a type in the order of the packet, of whatever size."""
        found = self.single.get(kind)
        if found is not None:
            return (found,)
        if len(self.single) == len(self.attributes):
            return ()
        return tuple(value for candidate, value in self.attributes if candidate == kind)

    def name(self, kind: AttributeType) -> str | None:
        """Return a value as text without control characters (`attributes.name_of`)."""
        found = self.value(kind)
        return None if found is None else name_of(found)

    def integer(self, kind: AttributeType) -> int | None:
        """Return a value of four octets as a number."""
        found = self.value(kind)
        return None if found is None else int.from_bytes(found, "big")

    def address(self, kind: AttributeType) -> IPv4Address | IPv6Address | None:
        """Return a value of four or sixteen octets as an address."""
        found = self.value(kind)
        return None if found is None else address_of(found)

    def endpoint(self, kind: AttributeType) -> str | None:
        """Return the text of a tunnel attribute without its tag."""
        found = self.value(kind)
        return None if found is None else endpoint_of(found)


def decode(datagram: bytes) -> Packet:
    """
    Take a datagram apart.

    Raises:
        RadiusError: It is no packet, with the reason; any octets give a packet or this error, nothing else.
    """
    received = len(datagram)
    if received < SHORTEST_PACKET:
        raise RadiusError(Reason.TOO_SHORT)
    number, identifier, length = _HEADER.unpack_from(datagram)
    if not SHORTEST_PACKET <= length <= LONGEST_PACKET:
        raise RadiusError(Reason.BAD_LENGTH)
    if received != length:
        if received < length:
            raise RadiusError(Reason.TRUNCATED)
        datagram = datagram[:length]
    code = _CODES.get(number)
    if code is None:
        raise RadiusError(Reason.UNSUPPORTED_CODE)
    attributes, single, signed_at = _walk(datagram, length)
    return Packet(code, identifier, datagram[4:20], attributes, single, signed_at, datagram)


def _walk(octets: bytes, length: int) -> tuple[tuple[Attribute, ...], Mapping[int, bytes], int]:
    attributes: list[Attribute] = []
    single: dict[int, bytes] = {}
    position, last, signed_at = SHORTEST_PACKET, length - 1, 0
    for _ in range(MOST_ATTRIBUTES):
        if position >= last:
            break
        kind = octets[position]
        start, position = position + 2, position + octets[position + 1]
        if not start <= position <= length:
            raise RadiusError(Reason.BAD_ATTRIBUTE)
        value = octets[start:position]
        if kind == _MESSAGE_AUTHENTICATOR:
            # The one bad size that is not passed over: the packet would count as one that was never signed.
            if signed_at or len(value) != AUTHENTICATOR_SIZE:
                raise RadiusError(Reason.BAD_MESSAGE_AUTHENTICATOR)
            signed_at = start
        single[kind] = value
        attributes.append((kind, value))
    if position < last:
        raise RadiusError(Reason.TOO_MANY_ATTRIBUTES)
    if position != length:
        raise RadiusError(Reason.BAD_ATTRIBUTE)
    if len(single) != len(attributes):
        times = Counter(kind for kind, _ in attributes)
        single = {kind: value for kind, value in single.items() if times[kind] == 1}
    return tuple(attributes), single, signed_at


def header(code: Code, identifier: int, attributes_size: int) -> bytes:
    """
    Return the four octets before the authenticator.

    Raises:
        RadiusError: The packet would be longer than `LONGEST_PACKET`.
    """
    length = SHORTEST_PACKET + attributes_size
    if length > LONGEST_PACKET:
        raise RadiusError(Reason.TOO_LARGE)
    return _HEADER.pack(code, identifier, length)
