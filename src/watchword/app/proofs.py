"""
What is left of a password once it has been checked: a keyed hash under a key that only this group's memory holds.

The keys of all groups are drawn at the portal and live in its memory; a server has those of its own group, as long as
it runs. They change every day. The one before is kept for another day, the longest that a cache entry lives by default,
so that nothing is forgotten early.
"""

from collections.abc import Callable
from typing import Final

from watchword.domain.applications import GroupId
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

Keys = tuple[bytes, ...]
"""Keys of one group, the newest first."""


class ProofKeys:
    """The keys of every group, each derived from one that is drawn here."""

    def __init__(self, *, clock: Clock, randomness: Randomness) -> None:
        self._clock = clock
        self._randomness = randomness
        self._drawn: Keys = (randomness.octets(_KEY_OCTETS),)
        self._change_at = clock.monotonic() + KEY_SECONDS * NANOSECONDS
        self._derived: dict[GroupId, Keys] = {}

    def of(self, group: GroupId) -> Keys:
        """Return the keys of a group."""
        if self._clock.monotonic() >= self._change_at:
            self._drawn = (self._randomness.octets(_KEY_OCTETS), self._drawn[0])
            self._change_at = self._clock.monotonic() + KEY_SECONDS * NANOSECONDS
            self._derived.clear()
        known = self._derived.get(group)
        if known is None:
            known = self._derived[group] = tuple(keyed_hash(key, group) for key in self._drawn)
        return known


_ASSERTED: Final = (ASSERTED,)


class PasswordProofs:
    """Makes the proofs of passwords, with the keys that `keys` returns at the time."""

    def __init__(self, keys: Callable[[], Keys]) -> None:
        self._keys = keys

    def of(self, password: Secret | None) -> tuple[bytes, ...]:
        """Return the proofs of a password, the newest key's first; `ASSERTED` alone where there is no password."""
        if password is None:
            return _ASSERTED
        return tuple(keyed_hash(key, password.octets) for key in self._keys())
