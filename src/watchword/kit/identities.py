"""
Identities of machines: Ed25519 keys (RFC 8032), and boxes that only the owner of one can open (HPKE, RFC 9180).

A key is kept as its seed of 32 octets and known elsewhere by its public half of 32; the fingerprint that people
compare is SHA-256 of its SubjectPublicKeyInfo in DER, so that `openssl` shows the same. The key that opens boxes is
derived from the seed, so that there is one secret to keep and one fingerprint to compare.
"""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from watchword.kit.randomness import Randomness

KEY_OCTETS: Final = 32
"""Octets of a seed, of a public half, and of the public key that boxes are made for."""

_BOX_KEY: Final = b"watchword box key 1"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class BoxBroken(Exception):  # noqa: N818 - it is a fact about what came in
    """What came in is no box for this identity, or not for this purpose."""


class Identity:
    """A machine's own key. Neither `repr` nor a traceback's locals give it away."""

    __slots__ = ("_box", "_private", "_seed", "public")

    def __init__(self, seed: bytes) -> None:
        """Take the seed. Raises ValueError where it has not `KEY_OCTETS`."""
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: Final = self._private.public_key().public_bytes_raw()
        derived = HKDF(hashes.SHA256(), length=KEY_OCTETS, salt=None, info=_BOX_KEY).derive(seed)
        self._box = X25519PrivateKey.from_private_bytes(derived)

    @classmethod
    def new(cls, randomness: Randomness) -> "Identity":
        """Make a new one."""
        return cls(randomness.octets(KEY_OCTETS))

    @property
    def seed(self) -> bytes:
        """What is kept of it, sealed."""
        return self._seed

    @property
    def box_key(self) -> bytes:
        """The public key that boxes for this identity are made for."""
        return self._box.public_key().public_bytes_raw()

    def sign(self, statement: bytes) -> bytes:
        """Return the signature of a statement: 64 octets."""
        return self._private.sign(statement)

    def open(self, box: bytes, *, purpose: bytes) -> bytes:
        """Return what was put into a box for this identity and purpose. Raises `BoxBroken`."""
        try:
            return _SUITE.decrypt(box, self._box, purpose)
        except (InvalidTag, ValueError):
            raise BoxBroken from None


def put_into_box(plain: bytes, *, box_key: bytes, purpose: bytes) -> bytes:
    """Return a box that only the owner of `box_key` opens, for this purpose. Raises ValueError where it is no key."""
    return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(box_key), purpose)


def is_identity(public: bytes) -> bool:
    """Tell whether octets can be the public half of an identity."""
    try:
        Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        return False
    return True


def stated_by(public: bytes, statement: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is one of `statement` by the identity `public`; anything malformed is False."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def pem(public: bytes) -> str:
    """Return an identity's SubjectPublicKeyInfo in PEM, as openssl reads it. Raises ValueError where it is none."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(public: bytes) -> bytes:
    """Return SHA-256 of an identity's SubjectPublicKeyInfo: 32 octets. Raises ValueError where it is no identity."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
