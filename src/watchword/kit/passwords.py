"""
Passwords as they are stored: argon2id, never the password itself.

A hash says by itself what it was made with, so that the numbers can grow: an old one is still checked. Hashing and
checking take tens of milliseconds of one core each and are done on the threads of `kit.workers`, never on the loop's.
"""

import functools
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 19 * 1024
"""KiB that one hash fills: OWASP's Password Storage Cheat Sheet has 19 MiB, 2 passes and 1 lane for argon2id."""
PASSES: Final = 2
"""Passes over the memory (same source)."""
LANES: Final = 1
"""Lanes, each of which would take a core of its own (same source)."""
SALT_OCTETS: Final = 16
"""Octets of a salt (RFC 9106 section 3.1 recommends 16)."""
HASH_OCTETS: Final = 32
"""Octets of a hash (RFC 9106 section 4)."""


@functools.cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 - a process that checks no local password does without it

    return PasswordHasher(
        time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=HASH_OCTETS, salt_len=SALT_OCTETS
    )


def hashed(password: bytes, *, salt: bytes) -> str:
    """
    Return the hash of a password as it is stored: `$argon2id$v=19$m=...`.

    Args:
        password: UTF-8 in NFC, as `domain.credentials.split` gives it.
        salt: `SALT_OCTETS` unpredictable octets, for this hash only.
    """
    if len(salt) != SALT_OCTETS:
        raise ValueError("a salt has 16 octets")
    return _hasher().hash(password, salt=salt)


def matches(encoded: str, password: bytes) -> bool:
    """
    Tell whether `password` is the one that `encoded` was made of, comparing in constant time.

    Raises:
        argon2.exceptions.InvalidHashError: `encoded` is no hash, so that nothing can be said.
        argon2.exceptions.VerificationError: it could not be computed.
    """
    from argon2.exceptions import VerifyMismatchError  # noqa: PLC0415 - as above

    try:
        return _hasher().verify(encoded, password)
    except VerifyMismatchError:
        return False


def pretend(password: bytes) -> None:
    """Do the work of `matches` for a user who is nobody or has no password, so that the time does not tell."""
    hashed(password, salt=bytes(SALT_OCTETS))
