"""
Keys that two sides agree on for one connection, and the sealing of what they say over it.

The agreement is X25519 (RFC 7748) with shares that live as long as the connection; the keys come from it by
HKDF-SHA-256 (RFC 5869), bound to everything that was said before. Frames are sealed with AES-256-GCM, each direction
under its own key, with a counter for a nonce: what lies under the channel keeps the order, so a frame that was left
out, repeated, exchanged or changed opens no more, and neither does one that was sent back to its sender.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchword.kit.randomness import Randomness

KEY_OCTETS: Final = 32
TAG_OCTETS: Final = 16
_NONCE_OCTETS: Final = 12
_PURPOSE: Final = b"watchword channel keys"


class Unsealable(Exception):  # noqa: N818 - it is what somebody in the middle has done
    """A frame is not the next one that the other side has sealed."""


class Share:
    """One side's half of an agreement, for one connection."""

    def __init__(self, randomness: Randomness) -> None:
        self._key = X25519PrivateKey.from_private_bytes(randomness.octets(KEY_OCTETS))
        self.public = self._key.public_key().public_bytes_raw()

    def agree(self, other: bytes, *, transcript: bytes) -> tuple["Sealer", "Opener", "Sealer", "Opener"] | None:
        """
        Return what seals and opens: the first direction's (of whoever spoke first), then the second's.

        Args:
            other: the other side's public half, 32 octets.
            transcript: everything that both have said; unequal ones make unequal keys.

        Returns:
            None where `other` is no share that anything can be agreed with (RFC 7748 section 6.1).
        """
        try:
            shared = self._key.exchange(X25519PublicKey.from_public_bytes(other))
        except ValueError:
            return None
        digest = hashes.Hash(hashes.SHA256())
        digest.update(transcript)
        made = HKDF(hashes.SHA256(), 2 * KEY_OCTETS, salt=digest.finalize(), info=_PURPOSE).derive(shared)
        first, second = AESGCM(made[:KEY_OCTETS]), AESGCM(made[KEY_OCTETS:])
        return Sealer(first), Opener(first), Sealer(second), Opener(second)


class Sealer:
    """Seals what one side says, in its order."""

    def __init__(self, cipher: AESGCM) -> None:
        self._cipher = cipher
        self._next = 0

    def seal(self, plain: bytes) -> bytes:
        """Return the next frame."""
        nonce = self._next.to_bytes(_NONCE_OCTETS, "big")
        self._next += 1
        return self._cipher.encrypt(nonce, plain, None)


class Opener:
    """Opens what the other side has said, in its order."""

    def __init__(self, cipher: AESGCM) -> None:
        self._cipher = cipher
        self._next = 0

    def open(self, sealed: bytes) -> bytes:
        """Return what the next frame says. Raises `Unsealable`."""
        nonce = self._next.to_bytes(_NONCE_OCTETS, "big")
        self._next += 1
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise Unsealable from None
