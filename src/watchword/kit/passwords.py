"""
Passwords as they are stored: argon2id, never the password itself.

A hash says by itself what it was made with, so that the numbers can grow: an old one is still checked. Hashing and
checking take tens of milliseconds of one core each and are done on the threads of `kit.workers`, never on the loop's.
"""

import base64
import functools
from dataclasses import dataclass
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

MOST_OCTETS: Final = 64
MOST_MEMORY_KIB: Final = 256 * 1024
MOST_PASSES: Final = 16
MOST_LANES: Final = 8
"""What a hash that somebody else asks for may cost at most."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a hash is made with. Memory is in KiB, `octets` how long it is."""

    salt: bytes
    memory: int
    passes: int
    lanes: int
    octets: int

    @property
    def is_bearable(self) -> bool:
        """Whether making such a hash costs no more than a password is worth: whoever names one may be mistaken."""
        return (
            len(self.salt) <= MOST_OCTETS
            and self.octets <= MOST_OCTETS
            and self.memory <= MOST_MEMORY_KIB
            and self.passes <= MOST_PASSES
            and self.lanes <= MOST_LANES
        )


def pretended(salt: bytes) -> Recipe:
    """Return what a hash made today has besides its salt: for somebody who is nobody or has no password."""
    return Recipe(salt=salt[:SALT_OCTETS], memory=MEMORY_KIB, passes=PASSES, lanes=LANES, octets=HASH_OCTETS)


def taken_apart(encoded: str) -> tuple[Recipe, bytes]:
    """
    Return what a stored hash was made with, and the hash itself.

    Raises:
        argon2.exceptions.InvalidHashError: `encoded` is no hash.
        ValueError: it is one that is not argon2id, or is damaged.
    """
    from argon2 import Type, extract_parameters  # noqa: PLC0415 - as above

    found = extract_parameters(encoded)
    if found.type is not Type.ID:
        raise ValueError("a password is stored as argon2id")
    salt, digest = (_octets(part) for part in encoded.split("$")[-2:])
    recipe = Recipe(
        salt=salt,
        memory=found.memory_cost,
        passes=found.time_cost,
        lanes=found.parallelism,
        octets=found.hash_len,
    )
    return recipe, digest


def made(password: bytes, recipe: Recipe) -> bytes:
    """
    Return the hash of a password, made as `recipe` says and without it.

    Raises:
        argon2.exceptions.HashingError: there is no such hash, or no memory for it.
    """
    from argon2.low_level import Type, hash_secret_raw  # noqa: PLC0415 - as above

    return hash_secret_raw(password, recipe.salt, recipe.passes, recipe.memory, recipe.lanes, recipe.octets, Type.ID)


def _octets(unpadded: str) -> bytes:
    return base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)


def pretend(password: bytes) -> None:
    """Do the work of `matches` for a user who is nobody or has no password, so that the time does not tell."""
    hashed(password, salt=bytes(SALT_OCTETS))
