"""
Which attributes of a server behind us go into our own Accept.

What the server grants (Class, Filter-Id, Framed-*, Session-Timeout, tunnels, vendors' attributes, types that nobody
here has heard of) is for the client and is carried as it came. Left out is what belongs to the hop it was seen on:

- what the two ends of that hop tell each other: State, Proxy-State, Message-Authenticator, EAP-Message, and what only
  requests or challenges hold;
- what is hidden with that hop's secret and authenticator and would be noise under ours: passwords and keys, the
  vendors' own too;
- Reply-Message, because what a user reads comes from us and is the same for every reason (R49, R66), and a prompt of
  the server behind is not ours;
- extended attributes (RFC 6929), because those that are defined describe the packet they are in (RFC 7499, RFC 7930),
  and a fragment without its neighbours is worse than none;
- invalid attributes, which are ignored (RFC 6929 section 2.8).
"""

from collections.abc import Iterable
from typing import Final

from watchword.wire.radius.attributes import Attribute, AttributeType, is_valid
from watchword.wire.radius.vendor import MICROSOFT, vendor_attributes, vendor_of

_OF_THE_HOP: Final = frozenset(
    {
        2,  # User-Password
        3,  # CHAP-Password
        4,  # NAS-IP-Address
        5,  # NAS-Port
        18,  # Reply-Message
        24,  # State
        30,  # Called-Station-Id
        31,  # Calling-Station-Id
        32,  # NAS-Identifier
        33,  # Proxy-State
        *range(40, 52),  # Accounting (RFC 2866)
        60,  # CHAP-Challenge
        61,  # NAS-Port-Type
        69,  # Tunnel-Password: hidden (RFC 2868 section 3.5)
        *range(70, 74),  # ARAP-Password to ARAP-Security-Data
        75,  # Password-Retry
        76,  # Prompt: of a challenge
        79,  # EAP-Message
        80,  # Message-Authenticator
        84,  # ARAP-Challenge-Response
        95,  # NAS-IPv6-Address
        101,  # Error-Cause
        102,  # EAP-Key-Name
        *range(103, 123),  # Digest (RFC 5090): the exchange between two ends
        214,  # Ascend-Send-Secret, in the numbers that Ascend took: hidden
        215,  # Ascend-Receive-Secret: hidden
        *range(241, 247),  # Extended (RFC 6929)
    }
)

_OF_THE_HOP_BY_VENDOR: Final = {
    MICROSOFT: frozenset({1, 2, 3, 4, 5, 6, 11, 12, 16, 17, 25, 26, 27}),  # MS-CHAP and MPPE keys (RFC 2548)
    161: frozenset({11}),  # Motorola: mobility key
    529: frozenset({214, 215}),  # Ascend: secrets
    831: frozenset({116, 117, 118, 119}),  # Alcatel-Lucent AAA: keys
    2356: frozenset({19, 20}),  # Lancom: IKEv2 passwords
    4874: frozenset({58, 59, 60, 61}),  # ERX: lawful interception
    5535: frozenset({58}),  # 3GPP2: MN-HA shared key
    6527: frozenset({122, 123, 124, 125, 138, 139, 142}),  # Alcatel-Lucent SR: lawful interception, APN password
    14823: frozenset({44}),  # Aruba: passphrase
    26928: frozenset({3}),  # Aerohive: a library patron's data
}
"""Vendors' attributes that are hidden with the hop's secret; numbers as FreeRADIUS 3.2's dictionaries mark them."""

_VENDORS_LEFT_OUT: Final = frozenset(
    {
        0,  # Reserved, or too short to name one
        4846,  # Lucent: hidden secrets, in a layout of its own
        24757,  # WiMAX: mobility keys, hidden and in fragments
    }
)


def carriable(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Return the attributes of a verified Accept that may stand in one of ours, in their order and unmodified."""
    return tuple(attribute for attribute in attributes if _is_carriable(attribute))


def _is_carriable(attribute: Attribute) -> bool:
    kind, value = attribute
    if kind in _OF_THE_HOP or not is_valid(attribute):
        return False
    return kind != AttributeType.VENDOR_SPECIFIC or _is_carriable_of_vendor(value)


def _is_carriable_of_vendor(value: bytes) -> bool:
    vendor = vendor_of(value)
    if vendor in _VENDORS_LEFT_OUT:
        return False
    hidden = _OF_THE_HOP_BY_VENDOR.get(vendor)
    if hidden is None:
        return True
    parts = vendor_attributes(value)
    return parts is not None and not any(kind in hidden for kind, _ in parts)
