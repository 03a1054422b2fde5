"""
Attribute types that Watchword reads or writes, the sizes of their values, and values as Python has them.

Every type from 0 to 255 is carried, as a pair of its number and its octets: a type that stands here is one that has a
meaning for us, and one that does not is never a reason to refuse a packet (R8). A value of a size that its type cannot
have is an *invalid attribute*: it is passed over, and only it (RFC 6929 section 2.8; R7).
"""

import unicodedata
from collections.abc import Iterable
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeAlias

from watchword.wire.radius.errors import RadiusError, Reason

Attribute: TypeAlias = tuple[int, bytes]
"""Type (0 to 255) and value (0 to 253 octets)."""

LONGEST_VALUE: Final = 253
"""Octets of a value: Length is one octet and counts itself and Type (RFC 2865 section 5)."""


class AttributeType(IntEnum):
    """The types used here; numbers from RFC 2865, 2866, 2868, 2869, 3162, 3579, 5176 and 6911."""

    USER_NAME = 1
    USER_PASSWORD = 2
    CHAP_PASSWORD = 3
    NAS_IP_ADDRESS = 4
    NAS_PORT = 5
    SERVICE_TYPE = 6
    FRAMED_IP_ADDRESS = 8
    FILTER_ID = 11
    REPLY_MESSAGE = 18
    STATE = 24
    CLASS = 25
    VENDOR_SPECIFIC = 26
    SESSION_TIMEOUT = 27
    CALLED_STATION_ID = 30
    CALLING_STATION_ID = 31
    NAS_IDENTIFIER = 32
    PROXY_STATE = 33
    ACCT_STATUS_TYPE = 40
    ACCT_SESSION_ID = 44
    ACCT_SESSION_TIME = 46
    ACCT_TERMINATE_CAUSE = 49
    NAS_PORT_TYPE = 61
    TUNNEL_CLIENT_ENDPOINT = 66
    EAP_MESSAGE = 79
    MESSAGE_AUTHENTICATOR = 80
    NAS_IPV6_ADDRESS = 95
    FRAMED_IPV6_ADDRESS = 168


_OPAQUE: Final = frozenset(range(1, LONGEST_VALUE + 1))
_FOUR: Final = frozenset({4})
_SIXTEEN: Final = frozenset({16})

SIZES: Final[dict[int, frozenset[int]]] = {
    **dict.fromkeys(AttributeType, _OPAQUE),
    AttributeType.USER_PASSWORD: frozenset(range(16, 129, 16)),
    AttributeType.CHAP_PASSWORD: frozenset({17}),
    AttributeType.NAS_IP_ADDRESS: _FOUR,
    AttributeType.NAS_PORT: _FOUR,
    AttributeType.SERVICE_TYPE: _FOUR,
    AttributeType.FRAMED_IP_ADDRESS: _FOUR,
    AttributeType.VENDOR_SPECIFIC: frozenset(range(5, LONGEST_VALUE + 1)),
    AttributeType.SESSION_TIMEOUT: _FOUR,
    AttributeType.ACCT_STATUS_TYPE: _FOUR,
    AttributeType.ACCT_SESSION_TIME: _FOUR,
    AttributeType.ACCT_TERMINATE_CAUSE: _FOUR,
    AttributeType.NAS_PORT_TYPE: _FOUR,
    AttributeType.MESSAGE_AUTHENTICATOR: _SIXTEEN,
    AttributeType.NAS_IPV6_ADDRESS: _SIXTEEN,
    AttributeType.FRAMED_IPV6_ADDRESS: _SIXTEEN,
}
"""Octets that a valid value may have, for every type that stands in `AttributeType`."""

_NO_ADDRESS: Final = frozenset({b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe"})
"""Framed-IP-Address says with these that the user or the NAS chooses (RFC 2865 section 5.8)."""

_LAST_TAG: Final = 0x1F
"""A first octet up to here is a tunnel attribute's tag and no part of its text (RFC 2868 section 3.3)."""


def is_valid(attribute: Attribute) -> bool:
    """Tell whether the value has a size that its type may have; of an unknown type, whether there is a value at all."""
    kind, value = attribute
    return len(value) in SIZES.get(kind, _OPAQUE)


def text_of(value: bytes) -> str | None:
    """Return octets as text: strict UTF-8, then NFC (R11), and None where they are no UTF-8."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def name_of(value: bytes) -> str | None:
    """Return octets as somebody's name: text (`text_of`) without control characters, NUL among them (R9)."""
    text = text_of(value)
    if text is None or text.isprintable():
        return text
    return None if any(unicodedata.category(character) == "Cc" for character in text) else text


def address_of(value: bytes) -> IPv4Address | IPv6Address | None:
    """Return 4 or 16 octets as an address, and None for the two values of Framed-IP-Address that stand for none."""
    if value in _NO_ADDRESS:
        return None
    return IPv4Address(value) if len(value) in _FOUR else IPv6Address(value)


def endpoint_of(value: bytes) -> str | None:
    """Return a tunnel attribute's text without its tag (RFC 2868 section 3.3), None where nothing readable is left."""
    return name_of(value[1:] if value[0] <= _LAST_TAG else value) or None


def text(kind: AttributeType, value: str) -> Attribute:
    """Return an attribute that holds text."""
    return kind, value.encode()


def integer(kind: AttributeType, value: int) -> Attribute:
    """Return an attribute that holds a number from 0 to 2^32 - 1."""
    return kind, value.to_bytes(4, "big")


def encode_attributes(attributes: Iterable[Attribute]) -> bytes:
    """
    Return attributes as they stand in a packet, in the given order.

    Raises:
        RadiusError: A value is longer than `LONGEST_VALUE`.
    """
    octets = b""
    for kind, value in attributes:
        if len(value) > LONGEST_VALUE:
            raise RadiusError(Reason.TOO_LARGE)
        octets += bytes((kind, len(value) + 2)) + value
    return octets


def message_attributes(message: str) -> list[Attribute]:
    """Return text as Reply-Message attributes, cut between characters where one is too short; none for empty text."""
    if not message:
        return []
    octets = message.encode()
    parts = []
    while len(octets) > LONGEST_VALUE:
        cut = LONGEST_VALUE
        while octets[cut] & 0xC0 == 0x80:  # noqa: PLR2004 - 10xxxxxx continues a character (RFC 3629 section 3)
            cut -= 1
        parts.append(octets[:cut])
        octets = octets[cut:]
    parts.append(octets)
    return [(AttributeType.REPLY_MESSAGE, part) for part in parts]
