"""
Identities: Ed25519, and boxes that only their owner opens.
"""

import hashlib

import pytest

from watchword.kit.identities import BoxBroken, Identity, fingerprint, is_identity, put_into_box, stated_by
from watchword.kit.randomness import SeededRandomness

#: RFC 8032 section 7.1, test 2.
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_rfc_8032_test_2() -> None:
    identity = Identity(SEED)

    assert identity.public == PUBLIC
    assert identity.sign(b"\x72") == SIGNATURE
    assert identity.seed == SEED
    assert stated_by(PUBLIC, b"\x72", SIGNATURE)


@pytest.mark.parametrize(
    ("public", "statement", "signature"),
    [
        (PUBLIC, b"\x73", SIGNATURE),
        (PUBLIC, b"\x72", SIGNATURE[:-1]),
        (PUBLIC, b"\x72", b""),
        (Identity(bytes(32)).public, b"\x72", SIGNATURE),
        (PUBLIC[:-1], b"\x72", SIGNATURE),
        (b"", b"\x72", SIGNATURE),
    ],
)
def test_anything_else_was_not_stated(public: bytes, statement: bytes, signature: bytes) -> None:
    assert not stated_by(public, statement, signature)


def test_what_cannot_be_an_identity_is_told_apart() -> None:
    assert is_identity(PUBLIC)
    assert not is_identity(PUBLIC[:-1])


def test_the_fingerprint_is_that_of_the_key_as_rfc_8410_writes_it() -> None:
    # `openssl pkey -pubin -outform DER | openssl dgst -sha256` shows the same.
    assert fingerprint(PUBLIC) == hashlib.sha256(bytes.fromhex("302a300506032b6570032100") + PUBLIC).digest()


def test_only_its_owner_opens_a_box_and_only_for_its_purpose() -> None:
    owner, other = Identity.new(SeededRandomness(1)), Identity.new(SeededRandomness(2))
    box = put_into_box(b"password", box_key=owner.box_key, purpose=b"activation")

    assert owner.open(box, purpose=b"activation") == b"password"
    assert b"password" not in box
    for identity, octets, purpose in (
        (other, box, b"activation"),
        (owner, box, b"renewal"),
        (owner, box[:-1] + bytes((box[-1] ^ 1,)), b"activation"),
        (owner, b"", b"activation"),
        (owner, bytes(200), b"activation"),
    ):
        with pytest.raises(BoxBroken):
            identity.open(octets, purpose=purpose)


def test_a_box_is_made_for_a_key() -> None:
    with pytest.raises(ValueError, match="32"):
        put_into_box(b"x", box_key=b"short", purpose=b"")


def test_a_seed_has_32_octets() -> None:
    with pytest.raises(ValueError, match="32"):
        Identity(b"short")


def test_no_repr_shows_a_seed() -> None:
    assert SEED.hex() not in repr(Identity(SEED))
    assert str(SEED) not in repr(Identity(SEED))
