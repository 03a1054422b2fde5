"""
The one error of the LDAP codec.

Rules of this file: every violation, the peer's or the caller's, is an `LdapError` with one reason out of a closed list.
Nothing that a peer sent is put into its text (a field's name of RFC 4511 is), so that it may be logged and can hold no
password. A result code other than success is not an error: it is a value in `results`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, final


@final
class LdapReason(StrEnum):
    """Why bytes, a filter or a step were refused."""

    OVERRUN = "overrun"
    """An element is longer than what holds it, or ends inside its header."""
    BAD_LENGTH = "bad-length"
    """An indefinite length, or a length of more than four octets."""
    TOO_LARGE = "too-large"
    """A message is larger than the cap that is in force."""
    TOO_DEEP = "too-deep"
    """Elements or filters are nested deeper than `ber.MAX_DEPTH`."""
    UNEXPECTED_TAG = "unexpected-tag"
    """An element is not what the RFC puts at its place."""
    BAD_VALUE = "bad-value"
    """A value is out of its range, not UTF-8, not in its one allowed form, or missing."""
    UNKNOWN_OPERATION = "unknown-operation"
    """The protocolOp of a message is none that exists, or none for this direction."""
    BAD_FILTER = "bad-filter"
    """The text is no filter by RFC 4515."""
    UNKNOWN_MESSAGE_ID = "unknown-message-id"
    """A response to nothing that was asked."""
    DUPLICATE_MESSAGE_ID = "duplicate-message-id"
    """A request whose id is that of one still in progress."""
    UNEXPECTED_RESPONSE = "unexpected-response"
    """A response of another kind than its request has."""
    TOO_MANY_OPERATIONS = "too-many-operations"
    """More operations in progress in one session than the cap."""
    OUT_OF_ORDER = "out-of-order"
    """A step that the session's state does not allow."""
    PIPELINED = "pipelined"
    """Bytes arrived where the RFC wants silence: behind StartTLS before TLS, or behind a bind in progress."""
    EMPTY_PASSWORD = "empty-password"  # noqa: S105 a reason's name
    """A simple bind that a server would take for an unauthenticated one (RFC 4513 section 5.1.2)."""


@final
class LdapError(Exception):
    """
    The session, or the value, cannot go on.

    Attributes:
        reason: Which rule was broken.
        where: The field or step it was broken at, in the RFC's names; never a peer's bytes.
        response: What a server sends before it hangs up (a Notice of Disconnection); empty for a client and for values.
    """

    def __init__(self, reason: LdapReason, where: str, *, response: bytes = b"") -> None:
        """Make an error for *reason*, found at *where*."""
        super().__init__(f"{reason}: {where}")
        self.reason: Final = reason
        self.where: Final = where
        self.response: Final = response
