"""
How often somebody may ask: so many at once, and so many a second after that.

Each asker is one number, the instant from which on it has its whole allowance again (the generic cell rate algorithm).
Askers are bounded: past the bound those that have their whole allowance are forgotten, and where all are busy new ones
share one allowance.
"""

from collections.abc import Hashable
from typing import Final

from watchword.kit.clock import NANOSECONDS, Clock

MOST_ASKERS: Final = 20_000


class Allowances:
    """Counts what each asker has left."""

    def __init__(self, *, clock: Clock, burst: int, per_second: float, most: int = MOST_ASKERS) -> None:
        """
        Make it.

        Args:
            clock: what time is measured with.
            burst: requests at once.
            per_second: requests a second in the long run.
            most: askers that are told apart.
        """
        self._clock = clock
        self._step = int(NANOSECONDS / per_second)
        self._most_ahead = self._step * (burst - 1)
        self._most = most
        self._whole_again: dict[Hashable, int] = {}
        self._swept = 0

    def spend(self, asker: Hashable) -> bool:
        """Take one from an asker's allowance; False where nothing is left."""
        now = self._clock.monotonic()
        if asker not in self._whole_again and len(self._whole_again) >= self._most:
            self._sweep(now)
            asker = asker if len(self._whole_again) < self._most else None
        whole_again = max(now, self._whole_again.get(asker, now))
        if whole_again - now > self._most_ahead:
            return False
        self._whole_again[asker] = whole_again + self._step
        return True

    def has_any(self, asker: Hashable) -> bool:
        """Tell whether an asker has anything left, and take nothing."""
        return self._ahead(asker) <= self._most_ahead

    def left(self, asker: Hashable) -> int:
        """Return how many requests an asker has left now."""
        return max(0, (self._most_ahead - self._ahead(asker)) // self._step + 1)

    def seconds_to_one(self, asker: Hashable) -> int:
        """Return after how many whole seconds an asker has one request again, 0 where he has one now."""
        return -(-max(0, self._ahead(asker) - self._most_ahead) // NANOSECONDS)

    def seconds_to_all(self, asker: Hashable) -> int:
        """Return after how many whole seconds an asker has his whole allowance again."""
        return -(-self._ahead(asker) // NANOSECONDS)

    def _ahead(self, asker: Hashable) -> int:
        """Return the nanoseconds until an asker has his whole allowance again."""
        now = self._clock.monotonic()
        known = asker if asker in self._whole_again or len(self._whole_again) < self._most else None
        return max(0, self._whole_again.get(known, now) - now)

    def give_back(self, asker: Hashable) -> None:
        """Give back what an asker has just spent, because it was well spent."""
        whole_again = self._whole_again.get(asker)
        if whole_again is not None:
            self._whole_again[asker] = whole_again - self._step

    def _sweep(self, now: int) -> None:
        """Forget who has his whole allowance; at most once a second, because it looks at everybody."""
        if now - self._swept >= NANOSECONDS:
            self._swept = now
            self._whole_again = {asker: at for asker, at in self._whole_again.items() if at > now}
