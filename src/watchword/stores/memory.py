"""
What may vanish, kept in memory: the successes that caching rules remember.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from watchword.domain.caching import CacheEntry, CacheKey
from watchword.domain.users import UserId
from watchword.kit.clock import Clock
from watchword.ports.login import CachedLogin

ENTRIES: Final = 100_000
"""Most entries that are kept; past it the one that ends first makes room, which costs its user a prompt."""


@dataclass(slots=True)
class _Kept:
    key: CacheKey
    entry: CacheEntry
    hits: int = 0


class MemoryLoginCache:
    """Entries until their deadlines, by the monotonic clock (K9)."""

    def __init__(self, clock: Clock, *, entries: int = ENTRIES) -> None:
        self._clock = clock
        self._most = entries
        self._kept: dict[CacheKey, _Kept] = {}
        self._of_user: dict[UserId, set[CacheKey]] = {}
        self._ends: list[tuple[int, int, _Kept]] = []
        self._number = 0

    @property
    def remembered(self) -> int:
        """How many deadlines are remembered, those of replaced entries among them."""
        return len(self._ends)

    def find(self, key: CacheKey, done: Callable[[CacheEntry | None], None]) -> None:
        """Find an entry, None where there is none or it has ended."""
        kept = self._kept.get(key)
        if kept is not None and kept.entry.deadline <= self._clock.monotonic():
            self._drop(kept)
            kept = None
        done(None if kept is None else kept.entry)

    def hit(self, key: CacheKey) -> None:
        """Count a use of an entry."""
        kept = self._kept.get(key)
        if kept is not None:
            kept.hits += 1

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        """Keep an entry until its deadline."""
        self._drop_ended()
        kept = _Kept(key, entry)
        self._kept[key] = kept
        self._of_user.setdefault(key.user, set()).add(key)
        self._number += 1
        heapq.heappush(self._ends, (entry.deadline, self._number, kept))
        while len(self._kept) > self._most:
            self._drop(heapq.heappop(self._ends)[2])
        if len(self._ends) > 2 * len(self._kept) + self._most:
            self._ends = [end for end in self._ends if self._kept.get(end[2].key) is end[2]]
            heapq.heapify(self._ends)

    def listed(self) -> Sequence[CachedLogin]:
        """Return the live entries."""
        self._drop_ended()
        return [CachedLogin(key=kept.key, entry=kept.entry, hits=kept.hits) for kept in self._kept.values()]

    def purge(self, user: UserId | None) -> int:
        """Drop the entries of one user, or all, and return how many there were."""
        self._drop_ended()
        keys = list(self._kept) if user is None else list(self._of_user.get(user, ()))
        for key in keys:
            self._drop(self._kept[key])
        return len(keys)

    def _drop_ended(self) -> None:
        now = self._clock.monotonic()
        while self._ends and self._ends[0][0] <= now:
            self._drop(heapq.heappop(self._ends)[2])

    def _drop(self, kept: _Kept) -> None:
        """Drop an entry, unless another has taken its place."""
        if self._kept.get(kept.key) is not kept:
            return
        del self._kept[kept.key]
        keys = self._of_user[kept.key.user]
        keys.discard(kept.key)
        if not keys:
            del self._of_user[kept.key.user]
