"""
What is left of a password once it has been checked: a keyed hash under a key that only this group's memory holds.

The key changes every day. The one before it is kept for another day, the longest that a cache entry lives by default,
so that nothing is forgotten early.
"""

from typing import Final

from watchword.domain.secrets import Secret
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.randomness import Randomness
from watchword.kit.signatures import keyed_hash

KEY_SECONDS: Final = 86_400
_KEY_OCTETS: Final = 32

ASSERTED: Final = bytes(32)
"""
The proof of a password that the application has checked itself: a constant, so joining and caching then need a source.
"""


class PasswordProofs:
    """Makes the proofs of passwords."""

    def __init__(self, *, clock: Clock, randomness: Randomness) -> None:
        self._clock = clock
        self._randomness = randomness
        self._keys: tuple[bytes, ...] = (randomness.octets(_KEY_OCTETS),)
        self._change_at = clock.monotonic() + KEY_SECONDS * NANOSECONDS

    def of(self, password: Secret | None) -> tuple[bytes, ...]:
        """Return the proofs of a password, the newest key's first; `ASSERTED` alone where there is no password."""
        if password is None:
            return (ASSERTED,)
        if self._clock.monotonic() >= self._change_at:
            self._keys = (self._randomness.octets(_KEY_OCTETS), self._keys[0])
            self._change_at = self._clock.monotonic() + KEY_SECONDS * NANOSECONDS
        return tuple(keyed_hash(key, password.octets) for key in self._keys)
