"""
Keyed hashes and the signatures of devices: P-256 with SHA-256 and nothing else (P22).
"""

from typing import Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from watchword.kit.signatures import digest, equal, is_device_key, keyed_hash, signed_by

KEY: Final = ec.derive_private_key(20_240_930, ec.SECP256R1())
MESSAGE: Final = b"approve this login"


def der(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


PUBLIC: Final = der(KEY.public_key())
SIGNATURE: Final = KEY.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
#: SubjectPublicKeyInfo with an object identifier that nobody knows, and one whose curve nobody has.
UNKNOWN_ALGORITHM: Final = bytes.fromhex("300c300706052a03040506030100")
UNKNOWN_CURVE: Final = PUBLIC.replace(bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d03017f"))


def test_rfc_4231_test_case_2() -> None:
    assert keyed_hash(b"Jefe", b"what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_a_digest_is_sha_256() -> None:
    # FIPS 180-2 appendix B.1.
    assert digest(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_equal_octets_are_equal() -> None:
    assert equal(b"", b"")
    assert equal(b"abc", b"abc")
    assert not equal(b"abc", b"abd")
    assert not equal(b"abc", b"abcd")
    assert not equal(b"abc", b"")


def test_a_device_key_is_p_256() -> None:
    assert is_device_key(PUBLIC)


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\x30",
        PUBLIC[:-1],
        PUBLIC + b"\0",
        PUBLIC[:-1] + bytes([PUBLIC[-1] ^ 1]),
        UNKNOWN_ALGORITHM,
        UNKNOWN_CURVE,
        der(ec.derive_private_key(5, ec.SECP384R1()).public_key()),
        der(ec.derive_private_key(5, ec.SECP256K1()).public_key()),
        der(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()),
        der(rsa.generate_private_key(public_exponent=65_537, key_size=2_048).public_key()),
        KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
)
def test_nothing_else_is_a_device_key(key: bytes) -> None:
    assert not is_device_key(key)
    assert not signed_by(key, MESSAGE, SIGNATURE)


def test_a_signature_holds_for_its_key_and_message() -> None:
    assert signed_by(PUBLIC, MESSAGE, SIGNATURE)
    assert not signed_by(PUBLIC, b"approve that login", SIGNATURE)
    assert not signed_by(PUBLIC, b"", SIGNATURE)
    assert not signed_by(der(ec.derive_private_key(7, ec.SECP256R1()).public_key()), MESSAGE, SIGNATURE)


def test_a_signature_with_another_hash_does_not_hold() -> None:
    assert not signed_by(PUBLIC, MESSAGE, KEY.sign(MESSAGE, ec.ECDSA(hashes.SHA384())))


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\0",
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        bytes(len(SIGNATURE)),
        bytes(64),
        encode_dss_signature(0, 0),
        encode_dss_signature(1, 0),
        decode_dss_signature(SIGNATURE)[0].to_bytes(32, "big") + decode_dss_signature(SIGNATURE)[1].to_bytes(32, "big"),
    ],
    # A signature is another one in every process, and a test is called the same in each.
    ids=["empty", "zero", "cut", "longer", "zeros", "raw zeros", "r and s 0", "s 0", "raw"],
)
def test_a_malformed_signature_does_not_hold(signature: bytes) -> None:
    assert not signed_by(PUBLIC, MESSAGE, signature)
