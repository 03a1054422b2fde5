"""
What an Access-Request asks: a view of a verified packet for the listener.

A value that may be there once and is there twice, or has a size or encoding that it cannot have, is as good as not
there: no source rather than a doubtful one. For the two values that decide who asks and what he continues, User-Name
and State, doubt refuses the request.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from watchword.wire.radius.attributes import AttributeType, name_of
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Packet
from watchword.wire.radius.shared_secret import SharedSecret
from watchword.wire.radius.vendor import MICROSOFT, vendor_attributes, vendor_of

# Looking a member up costs as much as hashing a short text, so what every request needs is looked up once.
_USER_NAME: Final = AttributeType.USER_NAME
_USER_PASSWORD: Final = AttributeType.USER_PASSWORD
_CHAP_PASSWORD: Final = AttributeType.CHAP_PASSWORD
_STATE: Final = AttributeType.STATE
_VENDOR_SPECIFIC: Final = AttributeType.VENDOR_SPECIFIC
_EAP_MESSAGE: Final = AttributeType.EAP_MESSAGE

_MS_CHAP: Final = frozenset({1, 3, 4, 11, 25, 27})
"""MS-CHAP-Response, -CPW-1, -CPW-2, -Challenge, MS-CHAP2-Response, MS-CHAP2-CPW (RFC 2548 section 2)."""


class Credentials(StrEnum):
    """Which of the ways to prove a password a request uses; they exclude one another (R16)."""

    PAP = "pap"
    CHAP = "chap"
    MS_CHAP = "ms-chap"
    EAP = "eap"
    NONE = "none"
    """No credentials at all."""
    SEVERAL = "several"
    """More than one, or one of them twice: to be refused."""


_PAP: Final = Credentials.PAP
_CHAP: Final = Credentials.CHAP
_NONE: Final = Credentials.NONE


class AccessRequest:
    """
    An Access-Request that has been verified. What is no attribute of it is read when it is asked for.

    Attributes:
        packet: Where it was read from.
        user_name: User-Name, in NFC and without control characters; 1 to 253 octets in the packet.
        credentials: How the password is proven.
        password: The password of a PAP request, empty otherwise. As text it is `attributes.text_of` of this; where that
            is None it is nobody's password.
        state: State, as a challenge of ours has minted it or as somebody made it up; None where a new login starts.
    """

    __slots__ = ("credentials", "packet", "password", "state", "user_name")

    def __init__(
        self, packet: Packet, user_name: str, credentials: Credentials, password: bytes, state: bytes | None
    ) -> None:
        self.packet = packet
        self.user_name = user_name
        self.credentials = credentials
        self.password = password
        self.state = state

    def __repr__(self) -> str:
        return f"<access request {self.packet!r} by {self.credentials}>"

    @property
    def calling_station_id(self) -> str | None:
        """Calling-Station-Id: where the user calls from, by telephone number, MAC or IP address."""
        return self.packet.name(AttributeType.CALLING_STATION_ID)

    @property
    def called_station_id(self) -> str | None:
        """Called-Station-Id: what the user has called."""
        return self.packet.name(AttributeType.CALLED_STATION_ID)

    @property
    def nas_identifier(self) -> str | None:
        """NAS-Identifier: what the client calls itself. It never chooses the secret (R1)."""
        return self.packet.name(AttributeType.NAS_IDENTIFIER)

    @property
    def nas_address(self) -> IPv4Address | IPv6Address | None:
        """NAS-IP-Address or NAS-IPv6-Address: what the client says its address is. It never chooses the secret (R1)."""
        address = self.packet.address(AttributeType.NAS_IP_ADDRESS)
        return address or self.packet.address(AttributeType.NAS_IPV6_ADDRESS)

    @property
    def service_type(self) -> int | None:
        """Service-Type, by its number (RFC 2865 section 5.6)."""
        return self.packet.integer(AttributeType.SERVICE_TYPE)

    @property
    def framed_address(self) -> IPv4Address | IPv6Address | None:
        """Framed-IP-Address or Framed-IPv6-Address: which address the client knows or wants the user to have."""
        address = self.packet.address(AttributeType.FRAMED_IP_ADDRESS)
        return address or self.packet.address(AttributeType.FRAMED_IPV6_ADDRESS)

    @property
    def tunnel_client_endpoint(self) -> str | None:
        """Tunnel-Client-Endpoint: address or name of the user's end of the tunnel (RFC 2868 section 3.3)."""
        return self.packet.endpoint(AttributeType.TUNNEL_CLIENT_ENDPOINT)

    @property
    def proxy_states(self) -> tuple[bytes, ...]:
        """All Proxy-State values in order; the replies echo them by themselves."""
        return self.packet.values(AttributeType.PROXY_STATE)


def read_access_request(packet: Packet, secret: SharedSecret) -> AccessRequest:
    """
    Read a verified Access-Request.

    Args:
        packet: What a client sent.
        secret: What it was made with.

    Raises:
        RadiusError: Two States (R12), no User-Name that names somebody (R9, R11), or a User-Password of a size that it
            cannot have (R11). All are answered with an Access-Reject.
    """
    if _STATE in packet.several:
        raise RadiusError(Reason.SEVERAL_STATES)
    user_name = name_of(packet.only(_USER_NAME))
    if not user_name:
        raise RadiusError(Reason.BAD_USER_NAME)
    places = packet.places
    if packet.several or _CHAP_PASSWORD in places or _EAP_MESSAGE in places or _VENDOR_SPECIFIC in places:
        credentials = _told_apart(packet)
    else:
        credentials = _PAP if _USER_PASSWORD in places else _NONE
    password = secret.reveal(packet.only(_USER_PASSWORD), packet.authenticator) if credentials is _PAP else b""
    return AccessRequest(packet, user_name, credentials, password, packet.only(_STATE) or None)


def _told_apart(packet: Packet) -> Credentials:
    found = [_PAP] * len(packet.values(_USER_PASSWORD))
    found += [_CHAP] * len(packet.values(_CHAP_PASSWORD))
    if packet.has(_EAP_MESSAGE):
        found.append(Credentials.EAP)
    if any(_is_ms_chap(value) for value in packet.values(_VENDOR_SPECIFIC)):
        found.append(Credentials.MS_CHAP)
    if not found:
        return _NONE
    return found[0] if len(found) == 1 else Credentials.SEVERAL


def _is_ms_chap(value: bytes) -> bool:
    if vendor_of(value) != MICROSOFT:
        return False
    parts = vendor_attributes(value)
    # What Microsoft's attributes hold is doubtful where they are broken, and doubt refuses.
    return parts is None or any(kind in _MS_CHAP for kind, _ in parts)
