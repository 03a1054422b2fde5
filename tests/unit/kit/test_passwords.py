"""
Hashes of passwords: argon2id with OWASP's numbers.
"""

import pytest
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret

from watchword.kit import passwords

SALT = bytes(range(16))


def test_a_hash_says_what_it_was_made_with() -> None:
    assert passwords.hashed(b"correct horse", salt=SALT).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_knows_its_password_and_no_other() -> None:
    encoded = passwords.hashed("pässwörd".encode(), salt=SALT)

    assert passwords.matches(encoded, "pässwörd".encode())
    assert not passwords.matches(encoded, b"password")
    assert not passwords.matches(encoded, "pässwörd ".encode())
    assert not passwords.matches(encoded, b"")


def test_two_salts_make_two_hashes() -> None:
    assert passwords.hashed(b"x", salt=SALT) != passwords.hashed(b"x", salt=bytes(16))


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17)])
def test_a_salt_has_its_size(salt: bytes) -> None:
    with pytest.raises(ValueError, match="16 octets"):
        passwords.hashed(b"x", salt=salt)


@pytest.mark.parametrize("encoded", ["", "correct horse", "$argon2id$v=19$m=19456,t=2,p=1$", "$2b$12$" + "x" * 53])
def test_of_what_is_no_hash_nothing_is_said(encoded: str) -> None:
    with pytest.raises((InvalidHashError, VerificationError)):
        passwords.matches(encoded, b"correct horse")


@pytest.mark.parametrize(("memory", "passes", "lanes"), [(8, 2, 1), (19_456, 1, 1), (19_456, 2, 2), (1_024, 3, 4)])
def test_a_hash_of_other_numbers_is_still_checked(memory: int, passes: int, lanes: int) -> None:
    memory = max(memory, 8 * lanes)
    encoded = hash_secret(b"x", SALT, passes, memory, lanes, 32, Type.ID).decode()

    assert passwords.matches(encoded, b"x")


def test_the_work_for_nobody_is_a_whole_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def hashed(password: bytes, *, salt: bytes) -> str:
        made.append(password)
        assert len(salt) == passwords.SALT_OCTETS
        return ""

    monkeypatch.setattr(passwords, "hashed", hashed)
    passwords.pretend(b"x")

    assert made == [b"x"]
