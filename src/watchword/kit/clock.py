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
from typing import Final, NamedTuple, Protocol

MICROSECONDS: Final = 1_000_000
"""Microseconds in a second: the unit of every stored instant."""

NANOSECONDS: Final = 1_000_000_000
"""Nanoseconds in a second: the unit of every deadline."""


SLEW: Final = 1_000
"""
Microseconds by which `now` may be behind the wall clock before it follows.

A clock that is being slewed runs ahead of the monotonic one by a little all the time; following it at every reading
would cost a lock at every reading.
"""


class Moment(NamedTuple):
    """
    One instant as each of the three readings has it, read once for all that came in it.

    Attributes:
        now: UTC microseconds (`Clock.now`).
        wall: UTC microseconds as the machine's clock shows them.
        monotonic: monotonic nanoseconds.
    """

    now: int
    wall: int
    monotonic: int


class Clock(Protocol):
    """Where everything above `kit` gets the time from."""

    def read(self) -> Moment:
        """Return all three readings of one moment: for whoever needs several, which must not disagree."""

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
        self._lock = threading.Lock()
        # An instant, and the monotonic nanosecond to which it belongs. They are read and replaced together, as one
        # value.
        self._since = (max(floor, self.wall()), monotonic_ns())

    def read(self) -> Moment:
        """Return all three readings of one moment."""
        instant, since = self._since
        wall, monotonic = self._wall_ns() // 1_000, self._monotonic_ns()
        steady = instant + (monotonic - since) // 1_000
        return Moment(steady if wall - steady < SLEW else self._catch_up(wall), wall, monotonic)

    def now(self) -> int:
        """Return UTC microseconds that never go back, and go on at least as fast as the monotonic clock."""
        instant, since = self._since
        steady = instant + (self._monotonic_ns() - since) // 1_000
        wall = self._wall_ns() // 1_000
        return steady if wall - steady < SLEW else self._catch_up(wall)

    def wall(self) -> int:
        """Return UTC microseconds as the machine's clock shows them."""
        return self._wall_ns() // 1_000

    def monotonic(self) -> int:
        """Return the nanoseconds of the machine's monotonic clock."""
        return self._monotonic_ns()

    def raise_floor(self, floor: int) -> None:
        """Let `now` start no earlier than `floor` (UTC microseconds), which a database has just told."""
        self._catch_up(floor)

    def _catch_up(self, instant: int) -> int:
        """Go on from `instant`, unless time has passed it already."""
        with self._lock:
            known, since = self._since
            monotonic = self._monotonic_ns()
            now = max(instant, known + (monotonic - since) // 1_000)
            self._since = (now, monotonic)
            return now


class ManualClock:
    """A clock that stands until it is moved: the tests' and the simulation's."""

    def __init__(self, *, start: int = 1_700_000_000 * MICROSECONDS) -> None:
        self._wall = start
        self._now = start
        self._monotonic = NANOSECONDS

    def read(self) -> Moment:
        """Return all three readings."""
        return Moment(self._now, self._wall, self._monotonic)

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
