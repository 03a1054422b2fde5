"""
Hashes of passwords: argon2id with OWASP's numbers.
"""

from dataclasses import replace
from typing import Any

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


def test_a_hash_can_be_made_elsewhere_and_compared_here() -> None:
    encoded = passwords.hashed(b"correct horse", salt=SALT)

    recipe, digest = passwords.taken_apart(encoded)

    assert recipe == passwords.pretended(SALT + b"and more")
    assert passwords.made(b"correct horse", recipe) == digest
    assert passwords.made(b"correct horsf", recipe) != digest


@pytest.mark.parametrize("encoded", ["", "correct horse", "$2b$12$" + "x" * 53])
def test_what_is_no_hash_is_not_taken_apart(encoded: str) -> None:
    with pytest.raises((InvalidHashError, ValueError)):
        passwords.taken_apart(encoded)


def test_another_kind_of_argon2_is_not_taken_apart() -> None:
    encoded = hash_secret(b"x", SALT, 2, 19_456, 1, 32, Type.I).decode()

    with pytest.raises(ValueError, match="argon2id"):
        passwords.taken_apart(encoded)


@pytest.mark.parametrize(
    "change", [{"memory": 1 << 24}, {"passes": 100}, {"lanes": 64}, {"octets": 1 << 20}, {"salt": bytes(65)}]
)
def test_nobody_can_ask_for_a_hash_that_costs_too_much(change: dict[str, Any]) -> None:
    recipe = passwords.pretended(SALT)

    assert recipe.is_bearable
    assert not replace(recipe, **change).is_bearable
