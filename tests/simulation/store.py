"""
The product's SQLite store, whose writer commits at instants of its own instead of in a thread.

The transaction is one step: a process dies before it or after it, and between the commit and the moment at which the
loop is told there is time for anything.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Final

from tests.simulation.scheduler import SimulatedLoop
from watchword.stores.sqlite import SqliteStore
from watchword.stores.writer import Job, Writer, _first_group

QUICK: Final = 0.0003
USUAL: Final = 0.006
TOLD: Final = 0.002
"""Seconds of a commit, and those that pass until the loop hears of it."""


class Disk:
    """How long a disk takes. `slow` is the most seconds of a commit, where something is amiss."""

    def __init__(self) -> None:
        self.slow: float | None = None
        self.mended: Callable[[], None] | None = None

    def mend(self) -> None:
        """Be as quick as ever, also with what is under way."""
        self.slow = None
        if self.mended is not None:
            self.mended()


class SteppedWriter(Writer):
    """The product's writer, one step after the other."""

    disk: Disk
    _simulated: SimulatedLoop
    _queue: deque[Job]
    _busy = False
    _next: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer on `loop` from now on."""
        if not isinstance(loop, SimulatedLoop):
            raise TypeError("this writer belongs to the simulation")
        self._loop = self._simulated = loop
        self._thread = threading.Thread()
        self._queue = deque()
        self.disk = Disk()
        self.disk.mended = self._mended

    def _hand_over_batch(self) -> None:
        self._queue.extend(self._batch)
        self._batch = []
        if self._queue and not self._busy:
            self._busy = True
            self._later()

    def _later(self) -> None:
        slow = self.disk.slow
        most = USUAL if slow is None else slow
        self._next = self._simulated.call_later(self._simulated.scheduler.seconds(QUICK, most), self._step)

    def _mended(self) -> None:
        if self._busy and self._next is not None:
            self._next.cancel()
            self._later()

    def _step(self) -> None:
        self._finished.append(self._perform(_first_group(self._queue)))
        self._simulated.call_later(self._simulated.scheduler.seconds(0, TOLD), self._deliver)
        self._busy = bool(self._queue)
        if self._busy:
            self._later()

    def close(self) -> None:
        """End; nothing that was asked for is finished."""
        self._closed = True


class SimulatedStore(SqliteStore):
    """The product's store."""

    writer: ClassVar[type[Writer]] = SteppedWriter

    @property
    def disk(self) -> Disk:
        """The disk that it is on."""
        writer = self.ledger
        if not isinstance(writer, SteppedWriter):
            raise TypeError("this store belongs to the simulation")
        return writer.disk
