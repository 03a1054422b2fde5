"""
A packet: bytes to values in one walk over its attributes.

Framing is RFC 2865 section 3: Length decides, octets beyond it are padding, and what does not fit is dropped without an
answer, because an answer to an unproven packet is an oracle (R5 to R8; RFC 2865 section 5 would have an Access-Reject
for a bad attribute length, and no server does that). Two caps bound what a datagram can cost: its 4096 octets and 200
attributes.
"""

from collections.abc import Mapping
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import Final

from watchword.wire.radius.attributes import (
    SIZES,
    Attribute,
    AttributeType,
    address_of,
    encode_attributes,
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
_CODE_AND_LENGTH: Final = Struct("!BxH")
_ATTRIBUTE_HEADER: Final = 2
"""Octets of an attribute before its value: Type and Length."""
_NONE: Final[frozenset[int]] = frozenset()
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


class Packet:
    """
    A well-framed packet; nothing is proven by having one. It is not to be changed.

    It knows where its attributes are and cuts out what is asked for: of the dozen that a VPN sends four are read. What
    is made for every request has slots and a plain `__init__`, because a frozen dataclass takes four times as long.

    Attributes:
        octets: The packet itself, without padding.
        code: What it is.
        identifier: 0 to 255.
        authenticator: 16 octets.
        places: Where in `octets` the one attribute of a type starts, of the types that are there exactly once.
        several: The types that are there more than once.
        message_authenticator_at: Where the value of Message-Authenticator starts, 0 where there is none.
    """

    __slots__ = ("authenticator", "code", "identifier", "message_authenticator_at", "octets", "places", "several")

    def __init__(
        self,
        octets: bytes,
        code: Code,
        places: Mapping[int, int],
        several: frozenset[int],
        message_authenticator_at: int,
    ) -> None:
        self.octets = octets
        self.code = code
        self.identifier = octets[1]
        self.authenticator = octets[4:20]
        self.places = places
        self.several = several
        self.message_authenticator_at = message_authenticator_at

    def __repr__(self) -> str:
        # Values stay out: what hides a password is only as good as the secret.
        return f"<{self.code.name} {self.identifier} with {len(self.attributes)} attributes>"

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """All of them, in the order of the packet."""
        octets, found, place = self.octets, [], SHORTEST_PACKET
        while place < len(octets):
            end = place + octets[place + 1]
            found.append((octets[place], octets[place + 2 : end]))
            place = end
        return tuple(found)

    def copied(self, kind: int) -> bytes:
        """Return the attributes of a type as they stand in the packet, in their order."""
        octets, place = self.octets, self.places.get(kind)
        if place is not None:
            return octets[place : place + octets[place + 1]]
        return encode_attributes((kind, value) for value in self.values(kind)) if kind in self.several else b""

    def has(self, kind: int) -> bool:
        """Tell whether there is any attribute of a type, of whatever size."""
        return kind in self.places or kind in self.several

    def only(self, kind: int) -> bytes:
        """
        Return a value that is there exactly once, of whatever size, and nothing otherwise.

        An empty value is invalid whatever its type is, and so as good as none (RFC 6929 section 2.8).
        """
        place = self.places.get(kind)
        if place is None:
            return b""
        octets = self.octets
        return octets[place + 2 : place + octets[place + 1]]

    def value(self, kind: AttributeType) -> bytes | None:
        """Return a value that is there exactly once and has a size that its type may have, and None otherwise (R7)."""
        found = self.only(kind)
        return found if len(found) in SIZES[kind] else None

    def values(self, kind: int) -> tuple[bytes, ...]:
        """Return all values of a type in the order of the packet, of whatever size."""
        if kind in self.places:
            return (self.only(kind),)
        if kind not in self.several:
            return ()
        return tuple(value for candidate, value in self.attributes if candidate == kind)

    def name(self, kind: AttributeType) -> str | None:
        """Return a value as text without control characters (`attributes.name_of`)."""
        return name_of(self.only(kind)) or None

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
    Take a datagram apart, in one walk.

    Raises:
        RadiusError: It is no packet, with the reason; any octets give a packet or this error, nothing else.
    """
    received = len(datagram)
    if received < SHORTEST_PACKET:
        raise RadiusError(Reason.TOO_SHORT)
    number, length = _CODE_AND_LENGTH.unpack_from(datagram)
    if not SHORTEST_PACKET <= length <= LONGEST_PACKET:
        raise RadiusError(Reason.BAD_LENGTH)
    if received != length:
        if received < length:
            raise RadiusError(Reason.TRUNCATED)
        datagram = datagram[:length]
    code = _CODES.get(number)
    if code is None:
        raise RadiusError(Reason.UNSUPPORTED_CODE)
    places: dict[int, int] = {}
    place, last = SHORTEST_PACKET, length - 1
    for count in range(MOST_ATTRIBUTES + 1):  # noqa: B007 - where it stops is how many there are
        if place >= last:
            break
        places[datagram[place]] = place
        size = datagram[place + 1]
        if size < _ATTRIBUTE_HEADER:
            raise RadiusError(Reason.BAD_ATTRIBUTE)
        place += size
    else:
        raise RadiusError(Reason.TOO_MANY_ATTRIBUTES)
    if place != length:
        raise RadiusError(Reason.BAD_ATTRIBUTE)
    several = _NONE if len(places) == count else _parted(datagram, places)
    return Packet(datagram, code, places, several, _signature(datagram, places, several))


def _signature(octets: bytes, places: Mapping[int, int], several: frozenset[int]) -> int:
    """Return where the value of Message-Authenticator starts, 0 where there is none."""
    place = places.get(_MESSAGE_AUTHENTICATOR)
    if place is None:
        if _MESSAGE_AUTHENTICATOR in several:
            raise RadiusError(Reason.BAD_MESSAGE_AUTHENTICATOR)
        return 0
    # The one bad size that is not passed over: the packet would count as one that was never signed.
    if octets[place + 1] != AUTHENTICATOR_SIZE + _ATTRIBUTE_HEADER:
        raise RadiusError(Reason.BAD_MESSAGE_AUTHENTICATOR)
    return place + _ATTRIBUTE_HEADER


def _parted(octets: bytes, places: dict[int, int]) -> frozenset[int]:
    """Return the types that are there more than once, and take them out of `places`."""
    seen: set[int] = set()
    several: set[int] = set()
    place = SHORTEST_PACKET
    while place < len(octets):
        kind = octets[place]
        (several if kind in seen else seen).add(kind)
        place += octets[place + 1]
    for kind in several:
        del places[kind]
    return frozenset(several)


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
