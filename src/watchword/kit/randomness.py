"""
Randomness, made here and nowhere else.
"""

import hashlib
import os
import secrets
from typing import Protocol


class Randomness(Protocol):
    """Where everything above `kit` gets unpredictable values from."""

    def octets(self, count: int) -> bytes:
        """Return `count` unpredictable octets."""

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1, each equally likely."""


class SystemRandomness:
    """The operating system's generator."""

    def octets(self, count: int) -> bytes:
        """Return octets of the operating system's generator."""
        return os.urandom(count)

    def below(self, limit: int) -> int:
        """Return a number that the operating system's generator chose."""
        return secrets.randbelow(limit)


class SeededRandomness:
    """Repeatable values for tests and the simulation: never for a running product."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0

    def octets(self, count: int) -> bytes:
        """Return the next octets of the seed's sequence."""
        made = b""
        while len(made) < count:
            self._drawn += 1
            made += hashlib.sha256(f"{self._seed}:{self._drawn}".encode()).digest()
        return made[:count]

    def below(self, limit: int) -> int:
        """Return the next number of the seed's sequence."""
        return int.from_bytes(self.octets(16), "big") % limit
