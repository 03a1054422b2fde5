"""
The shared secret of one client, and everything that is computed with it.

MD5 is what RADIUS over UDP is made of; its weakness is what Message-Authenticator, which is HMAC and holds, is required
for (R40 to R46). The states of the hash after the secret and after HMAC's two pads are computed once for each client
and copied for each packet: this more than halves the cost of an answer. Passwords are XORed as integers, which takes
the same time whatever they are.
"""

import hashlib
from functools import partial
from typing import Final

from watchword.wire.radius.errors import RadiusError, Reason

try:
    # The interpreter's own MD5 takes half the time of OpenSSL's, and a FIPS policy does not take it away.
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:
    md5 = partial(hashlib.md5, usedforsecurity=False)

_BLOCK: Final = 64
"""Octets of a block of MD5: the size of HMAC's pads (RFC 2104 section 2)."""
_INNER: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER: Final = bytes(octet ^ 0x5C for octet in range(256))

_STEP: Final = 16
"""User-Password is hidden in steps of one digest (RFC 2865 section 5.2)."""
LONGEST_PASSWORD: Final = 128
"""Octets of a password (RFC 2865 section 5.2)."""
_HIDDEN_SIZES: Final = frozenset(range(_STEP, LONGEST_PASSWORD + 1, _STEP))
"""Octets that User-Password may have."""


class SharedSecret:
    """
    What a client and a server share: octets, at least one (RFC 2865 section 3; R4).

    It is never shown, and cannot be pickled.

    Raises:
        ValueError: The secret is empty.
    """

    __slots__ = ("_after_secret", "_inner", "_octets", "_outer")

    def __init__(self, octets: bytes) -> None:
        if not octets:
            raise ValueError("a shared secret must not be empty")
        key = octets if len(octets) <= _BLOCK else md5(octets).digest()
        key = key.ljust(_BLOCK, b"\0")
        self._octets = octets
        self._after_secret = md5(octets)
        self._inner = md5(key.translate(_INNER))
        self._outer = md5(key.translate(_OUTER))

    def hmac(self, message: bytes) -> bytes:
        """Return HMAC-MD5 of the message under the secret, 16 octets (RFC 2104)."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        result: bytes = outer.digest()
        return result

    def digest(self, message: bytes) -> bytes:
        """Return MD5 of the message with the secret behind it, 16 octets (RFC 2865 section 3)."""
        result: bytes = md5(message + self._octets).digest()
        return result

    def hide(self, password: bytes, authenticator: bytes) -> bytes:
        """
        Return a password as User-Password's value (RFC 2865 section 5.2).

        It is padded with NULs and hidden under the request's authenticator.

        Raises:
            RadiusError: The password is longer than `LONGEST_PASSWORD`.
        """
        if len(password) > LONGEST_PASSWORD:
            raise RadiusError(Reason.BAD_PASSWORD_SIZE)
        plain = password.ljust(-(-len(password) // _STEP) * _STEP or _STEP, b"\0")
        hidden, before = b"", authenticator
        for start in range(0, len(plain), _STEP):
            before = _xor(plain[start : start + _STEP], self._keystream(before))
            hidden += before
        return hidden

    def reveal(self, hidden: bytes, authenticator: bytes) -> bytes:
        """
        Return the password behind User-Password's value, without the NULs at its end.

        A wrong secret gives noise, never an error.

        Raises:
            RadiusError: The value is not of 16 to 128 octets in steps of 16 (R11).
        """
        size = len(hidden)
        if size not in _HIDDEN_SIZES:
            raise RadiusError(Reason.BAD_PASSWORD_SIZE)
        stream = self._keystream(authenticator)
        if size > _STEP:
            stream += b"".join(self._keystream(hidden[end - _STEP : end]) for end in range(_STEP, size, _STEP))
        return _xor(hidden, stream).rstrip(b"\0")

    def _keystream(self, before: bytes) -> bytes:
        state = self._after_secret.copy()
        state.update(before)
        result: bytes = state.digest()
        return result


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))
