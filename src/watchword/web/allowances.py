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
