"""
How long this machine runs since it was started, and which start that was: what no step of its wall clock can change.

The clock of it goes on while the machine sleeps, which the monotonic one does not. A reading means something under the
same start alone.
"""

import time
from pathlib import Path
from typing import Final, Protocol

from watchword.kit.clock import Clock
from watchword.kit.randomness import Randomness

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
"""Where Linux names the start of the machine (random(4))."""

_OCTETS: Final = 16


class Boot(Protocol):
    """The machine's start, and the time since then."""

    @property
    def id(self) -> bytes:
        """What tells this start of the machine from others."""

    def elapsed(self) -> int:
        """Return the nanoseconds since the machine was started."""


class SystemBoot:
    """This machine's."""

    def __init__(self, *, randomness: Randomness, path: Path = BOOT_ID) -> None:
        """
        Find out which start of the machine this is.

        Where the system does not tell, every process takes it for another one: nothing of an earlier one is believed.
        """
        try:
            self.id: bytes = path.read_bytes().strip()
        except OSError:
            self.id = b""
        self.id = self.id or randomness.octets(_OCTETS)

    def elapsed(self) -> int:
        """Return the nanoseconds since the machine was started, those that it slept through among them."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class ManualBoot:
    """A start that lasts until another is made up: the tests' and the simulation's."""

    def __init__(self, clock: Clock, *, boot: bytes = b"boot") -> None:
        self.id = boot
        self._clock = clock

    def elapsed(self) -> int:
        """Return what the monotonic clock shows."""
        return self._clock.monotonic()
