"""
Time, read here and nowhere else.

Three readings, and each has one use:

- `now` decides whether something durable has expired. It never goes back, and it goes on at least as fast as the
  monotonic clock does, so that a wall clock set back revives nothing (B11, K9).
- `wall` is what a phone's clock is compared with: time-based codes, and nothing else (O8).
- `monotonic` counts deadlines inside one process.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

MICROSECONDS: Final = 1_000_000
"""Microseconds in a second: the unit of every stored instant."""

NANOSECONDS: Final = 1_000_000_000
"""Nanoseconds in a second: the unit of every deadline."""


class Clock(Protocol):
    """Where everything above `kit` gets the time from."""

    def now(self) -> int:
        """Return UTC microseconds that never go back."""

    def wall(self) -> int:
        """Return UTC microseconds as the machine's clock shows them, wherever it was set to."""

    def monotonic(self) -> int:
        """Return nanoseconds since some point before this process."""


class SystemClock:
    """The machine's clocks, with a floor that a restart can hand over; every thread may read them."""

    def __init__(
        self,
        *,
        floor: int = 0,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """
        Start the clock.

        Args:
            floor: the latest instant already written down, in UTC microseconds; `now` starts no earlier.
            wall_ns: reads the machine's clock, in nanoseconds since 1970.
            monotonic_ns: reads its monotonic clock, in nanoseconds.
        """
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        # The two values below belong together: without the lock a thread could read one before and one after a change.
        self._lock = threading.Lock()
        self._ahead = max(floor, self.wall())
        self._since = monotonic_ns()

    def now(self) -> int:
        """Return UTC microseconds that never go back, and go on at least as fast as the monotonic clock."""
        with self._lock:
            return self._now()

    def wall(self) -> int:
        """Return UTC microseconds as the machine's clock shows them."""
        return self._wall_ns() // 1_000

    def monotonic(self) -> int:
        """Return the nanoseconds of the machine's monotonic clock."""
        return self._monotonic_ns()

    def raise_floor(self, floor: int) -> None:
        """Let `now` start no earlier than `floor` (UTC microseconds), which a database has just told."""
        with self._lock:
            missing = floor - self._now()
            self._ahead += max(0, missing)

    def _now(self) -> int:
        elapsed = self._monotonic_ns() - self._since
        steady = self._ahead + elapsed // 1_000
        wall = self.wall()
        if wall <= steady:
            return steady
        self._ahead, self._since = wall, self._since + elapsed
        return wall


class ManualClock:
    """A clock that stands until it is moved: the tests' and the simulation's."""

    def __init__(self, *, start: int = 1_700_000_000 * MICROSECONDS) -> None:
        self._wall = start
        self._now = start
        self._monotonic = NANOSECONDS

    def now(self) -> int:
        """Return the latest instant that the wall clock has shown, and what has passed since."""
        return self._now

    def wall(self) -> int:
        """Return UTC microseconds as they were set."""
        return self._wall

    def monotonic(self) -> int:
        """Return nanoseconds that only `advance` moves."""
        return self._monotonic

    def raise_floor(self, floor: int) -> None:
        """Let `now` start no earlier than `floor` (UTC microseconds)."""
        self._now = max(self._now, floor)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on every reading."""
        self._monotonic += int(seconds * NANOSECONDS)
        self._wall += int(seconds * MICROSECONDS)
        self._now = max(self._wall, self._now + int(seconds * MICROSECONDS))

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back by `seconds`, as an administrator or a broken time server does."""
        self._wall += int(seconds * MICROSECONDS)
        self._now = max(self._now, self._wall)
