"""
Keyed hashes, constant-time comparison, and the signatures that phones make.

Device keys are ECDSA P-256 with SHA-256, the pair that WebCrypto and secure elements all have (design.md section 11).
"""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256 of `message` under `key`: 32 octets."""
    return hmac.digest(key, message, "sha256")


def digest(message: bytes) -> bytes:
    """Return SHA-256 of `message`: 32 octets."""
    return hashlib.sha256(message).digest()


def equal(left: bytes, right: bytes) -> bool:
    """Tell whether two values are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(left, right)


def is_device_key(public_key: bytes) -> bool:
    """Tell whether `public_key` is a P-256 SubjectPublicKeyInfo in DER, the only kind a device may register."""
    return _device_key(public_key) is not None


def signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """
    Tell whether `signature` (ECDSA, DER) of `message` was made with the private half of `public_key`.

    Anything but a sound signature by a P-256 key, a malformed one included, is False.
    """
    key = _device_key(public_key)
    if key is None:
        return False
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _device_key(public_key: bytes) -> ec.EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) else None
