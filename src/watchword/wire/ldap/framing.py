"""
Cuts a stream of bytes into LDAP messages.

Rules of this file: a message that is too large is refused as soon as its header is there, before a byte of it is kept
for longer than that; what arrives byte by byte gives the same frames as what arrives at once, and costs no more than
the bytes.
"""

from __future__ import annotations

from typing import Final, final

from watchword.wire.ldap import ber
from watchword.wire.ldap.errors import LdapError, LdapReason

UNBOUND_LIMIT: Final = 64 * 1024
"""Octets of one message before a bind has succeeded (rule L1 of the project's protocol checklist)."""

BOUND_LIMIT: Final = 1024 * 1024
"""Octets of one message, at most, afterwards (rule L1)."""


@final
class FrameBuffer:
    """Bytes of a stream that are not a whole message yet."""

    __slots__ = ("_data",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._data = bytearray()

    def __bool__(self) -> bool:
        """Whether bytes are waiting."""
        return bool(self._data)

    def push(self, data: bytes) -> None:
        """Add what arrived."""
        self._data += data

    def take(self, limit: int) -> bytes | None:
        """
        Take the next whole message out, header included; None where it is not here yet.

        Raises:
            LdapError: What comes is no message, or one of more than *limit* octets.
        """
        if self._data and self._data[0] != ber.SEQUENCE:
            raise LdapError(LdapReason.UNEXPECTED_TAG, "LDAPMessage")
        header = ber.read_header(self._data, 0, len(self._data), "LDAPMessage")
        if header is None:
            return None
        _, start, length = header
        if start + length > limit:
            raise LdapError(LdapReason.TOO_LARGE, "LDAPMessage")
        if len(self._data) < start + length:
            return None
        frame = bytes(self._data[: start + length])
        del self._data[: start + length]
        return frame
