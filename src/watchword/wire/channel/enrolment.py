"""
What a server and a portal say to each other over HTTP before there is a channel: JSON objects, octets in base64.

An activation lies in a box that only the portal can open, so that the password is nowhere on the way but there. A
reader ignores fields that it does not know. What cannot be understood decodes to None.
"""

from typing import Final, TypeVar

import msgspec

from watchword.wire.channel.undecodable import UNDECODABLE

LONGEST_MESSAGE: Final = 16_384
"""Octets of a message in either direction."""

LONGEST_TEXT: Final = 256
"""Characters of a text."""

Message = TypeVar("Message")


class PortalShown(msgspec.Struct, frozen=True, kw_only=True):
    """As `domain.statements.PortalStatement` but for the nonce, with the portal's public key and its signature."""

    key: bytes
    box_key: bytes
    at: int
    signature: bytes


class Boxed(msgspec.Struct, frozen=True, kw_only=True):
    """An `Asked` in a box for the portal."""

    box: bytes


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a server shows to become known: `domain.statements.ActivationStatement`, its signature, and the rest.

    Attributes:
        group: None for whichever the credentials are bound to.
        version, host_name, address: what it says of itself.
    """

    portal: bytes
    email: str
    key: bytes
    link: bytes
    at: int
    proof: bytes
    password: str
    group: str | None = None
    version: str = ""
    host_name: str = ""
    address: str = ""

    def __repr__(self) -> str:
        """Show nothing: the password is in it."""
        return "Asked(...)"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """As `domain.statements.ActivatedStatement`, with the portal's signature."""

    server: bytes
    key: bytes
    name: str
    group: bytes
    group_name: str
    signature: bytes


class Renewing(msgspec.Struct, frozen=True, kw_only=True):
    """As `domain.statements.RenewalStatement`, signed by the key that is known (`proof`) and by the new one."""

    portal: bytes
    server: bytes
    key: bytes
    at: int
    proof: bytes
    new_proof: bytes


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """As `domain.statements.RenewedStatement`, with the portal's signature."""

    server: bytes
    key: bytes
    signature: bytes


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What a problem document (RFC 9457) of a refusal has besides: one of `domain.enrolment.EnrolmentRefusal`."""

    code: str


_encode: Final = msgspec.json.Encoder().encode
_WITHIN: Final = -(1 << 62), 1 << 62


def encode(message: PortalShown | Boxed | Asked | Known | Renewing | Renewed) -> bytes:
    """Return a message's octets."""
    return _encode(message)


def decode(octets: bytes, kind: type[Message]) -> Message | None:
    """Return the message of a kind that octets are, None where they are none."""
    if len(octets) > LONGEST_MESSAGE:
        return None
    try:
        message = msgspec.json.decode(octets, type=kind)
    except UNDECODABLE:
        return None
    return message if _is_sound(message) else None


def _is_sound(message: object) -> bool:
    """Tell whether texts are short enough and numbers fit into what is signed."""
    for name in getattr(message, "__struct_fields__", ()):
        value = getattr(message, name)
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            return False
        if isinstance(value, int) and not _WITHIN[0] <= value <= _WITHIN[1]:
            return False
    return True
