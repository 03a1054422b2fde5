"""
The one error of the RADIUS codec, and the closed list of its reasons.

A reason says by itself what the sender gets. Most mean silence: the packet is malformed or not proven to come from who
shares the secret, and any answer would help whoever forged it. A few are found in packets that are proven; those are
answered with an Access-Reject, because a server that stays silent is taken for dead by everybody (R91).
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why bytes were not taken as a packet, a packet not as its sender's, or a value not as what it claims to be."""

    TOO_SHORT = "too-short"
    """Fewer octets than a header has (RFC 2865 section 3)."""
    BAD_LENGTH = "bad-length"
    """The Length field is below 20 or above 4096 (RFC 2865 section 3)."""
    TRUNCATED = "truncated"
    """The datagram is shorter than its Length field (RFC 2865 section 3)."""
    UNSUPPORTED_CODE = "unsupported-code"
    """A Code that the codec or the receiver in question does not take (RFC 2865 section 3)."""
    BAD_ATTRIBUTE = "bad-attribute"
    """The attributes do not fill the packet exactly (RFC 6929 section 2.8: a malformed packet)."""
    TOO_MANY_ATTRIBUTES = "too-many-attributes"
    """More than `packet.MOST_ATTRIBUTES` (R10)."""
    BAD_MESSAGE_AUTHENTICATOR = "bad-message-authenticator"
    """Message-Authenticator twice, or not of 16 octets (RFC 3579 section 3.2)."""
    NO_MESSAGE_AUTHENTICATOR = "no-message-authenticator"
    """Message-Authenticator is required and missing (R43; RFC 5997 section 3)."""
    UNSIGNED_PROXY_STATE = "unsigned-proxy-state"
    """Proxy-State without Message-Authenticator, from a client that is no proxy (R44)."""
    UNSIGNED_EAP = "unsigned-eap"
    """EAP-Message without Message-Authenticator (RFC 3579 section 3.1)."""
    WRONG_MESSAGE_AUTHENTICATOR = "wrong-message-authenticator"
    """Message-Authenticator was not made with the shared secret (RFC 3579 section 3.2)."""
    WRONG_AUTHENTICATOR = "wrong-authenticator"
    """The authenticator of an Accounting-Request or reply was not made with the secret (RFC 5080 section 2.3.3)."""
    UNEXPECTED_REPLY = "unexpected-reply"
    """Identifier or Code do not fit the request that a client waits on (RFC 2865 section 3)."""
    SEVERAL_STATES = "several-states"
    """More than one State (RFC 2865 section 5.24)."""
    BAD_USER_NAME = "bad-user-name"
    """User-Name missing, there twice, no UTF-8, or with control characters (RFC 2865 section 5.1)."""
    BAD_PASSWORD_SIZE = "bad-password-size"  # noqa: S105 - the name of a reason
    """User-Password is not of 16 to 128 octets in steps of 16, or a password longer than 128 (RFC 2865 section 5.2)."""
    TOO_LARGE = "too-large"
    """What is to be sent fits into no packet, or a value into no attribute (RFC 2865 sections 3 and 5)."""

    @property
    def is_silent(self) -> bool:
        """Whether the request is dropped without an answer; otherwise it is answered with an Access-Reject."""
        return self not in _ANSWERED


_ANSWERED: Final = frozenset({Reason.SEVERAL_STATES, Reason.BAD_USER_NAME, Reason.BAD_PASSWORD_SIZE, Reason.TOO_LARGE})


class RadiusError(Exception):
    """
    The only error that this room raises for what comes from outside.

    It never holds octets of the packet, so that it can be logged and counted as it is.

    Attributes:
        reason: What was wrong.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
