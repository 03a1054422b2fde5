"""
What every simulated process stands on: the product's own foundation, with time, chance and threads from the scheduler.
"""

import io
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from tests.simulation.scheduler import SECOND, Scheduler, SimulatedLoop
from watchword.compose.foundation import Foundation
from watchword.config import Address, Config
from watchword.kit.clock import SystemClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.metrics import Metrics
from watchword.kit.randomness import SystemRandomness
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import LogForm, SeldomLog, open_log
from watchword.kit.timers import Timers
from watchword.kit.workers import Workers

Result = TypeVar("Result")

BEGIN: Final = 1_790_000_000 * SECOND
"""UTC nanoseconds at which every schedule begins."""

LATE: Final = 0.1
"""Seconds by which a timer may be late (`kit.timers`)."""


class Wall:
    """The machine's clock as its administrator has set it. `ahead` is in nanoseconds."""

    def __init__(self, scheduler: Scheduler, *, ahead: int = 0) -> None:
        self._scheduler = scheduler
        self.ahead = ahead

    def read(self) -> int:
        """Return UTC nanoseconds."""
        return BEGIN + self._scheduler.now + self.ahead


class DrawnRandomness(SystemRandomness):
    """Values that follow from the seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def octets(self, count: int) -> bytes:
        """Return the next octets."""
        return self._random.randbytes(count)

    def below(self, limit: int) -> int:
        """Return the next number."""
        return self._random.randrange(limit)


class SimulatedTimers(Timers):
    """Deadlines that are as late as the product's timing wheel may be, without its ticks."""

    def __init__(self, loop: SimulatedLoop, *, monotonic: Callable[[], int], fault: Callable[[str], None]) -> None:
        self._simulated = loop
        self._monotonic = monotonic
        self._report = fault

    def at(self, deadline: int, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` at a monotonic nanosecond, never before and a little late."""
        late = self._simulated.scheduler.seconds(0, LATE)
        left = max(0, deadline - self._monotonic()) / SECOND
        # A whole nanosecond more, so that rounding never makes it early.
        handle = self._simulated.call_later(left + late + 1e-9, self._due, call)
        return handle.cancel

    def _due(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001 - as the product's has it
            self._report("timer")


class SimulatedWorkers(Workers):
    """Threads whose work is done at an instant of its own."""

    def __init__(self, loop: SimulatedLoop, *, threads: int, waiting: int, fault: Callable[[str], None]) -> None:
        self._simulated = loop
        self._most = threads + waiting
        self._under_way = 0
        self._report = fault

    @property
    def full(self) -> bool:
        """Whether the next piece of work would be one too many."""
        return self._under_way >= self._most

    def submit(self, work: Callable[[], Result], done: Callable[[Result | None], None]) -> Callable[[], None]:
        """Do `work` a little later, and then call `done`."""
        if self.full:
            done(None)
            return _nothing
        self._under_way += 1
        wanted = [done]

        def run() -> None:
            self._under_way -= 1
            result: Result | None = None
            try:
                result = work()
            except Exception:  # noqa: BLE001 - as the product's has it
                self._report("worker")
            if wanted:
                wanted.pop()(result)

        self._simulated.call_later(self._simulated.scheduler.seconds(0.001, 0.04), run)
        return wanted.clear

    def close(self) -> None:
        """Take nothing more."""
        self._most = 0


class SimulatedFoundation(Foundation):
    """The product's foundation."""

    def __init__(self, loop: SimulatedLoop, *, folder: Path, wall: Wall, faults: list[str]) -> None:
        scheduler = loop.scheduler
        # No two machines began to count at the same time.
        began = scheduler.random.randrange(SECOND, 1 << 50)
        self.config = Config(
            data=folder,
            http=Address(host="127.0.0.1", port=8080),
            radius=(),
            accounting=(),
            tls_cert=None,
            tls_key=None,
            key_file=folder / "keys",
            public_url=None,
            portal_urls=(),
            log_format=LogForm.CONSOLE.value,
        )
        self.simulated = loop
        self.clock = SystemClock(wall_ns=wall.read, monotonic_ns=lambda: began + scheduler.now)
        self.randomness = DrawnRandomness(scheduler.random)
        self.identifiers = Identifiers(clock=self.clock, randomness=self.randomness)
        self.metrics = Metrics()
        self.said = io.StringIO()
        self.log = open_log(clock=self.clock, stream=self.said, form=LogForm.CONSOLE)
        self.seldom = SeldomLog(self.log, clock=self.clock)
        self.faults = faults
        self.fault = self._noted  # type: ignore[assignment] # Faults is a class, and what is used of it is a function.
        self.loop = loop
        self.timers = SimulatedTimers(loop, monotonic=self.clock.monotonic, fault=self._noted)
        self.tasks = Tasks(fault=self._noted)

    def _noted(self, where: str) -> None:
        self.faults.append(f"a bug was caught in {where} of {self.simulated.name}: {traceback.format_exc()}")

    def workers(self, name: str, threads: int) -> Workers:  # noqa: ARG002 - nobody sees what threads are called
        """Make a pool of threads."""
        return SimulatedWorkers(self.simulated, threads=threads, waiting=threads * 64, fault=self._noted)


def _nothing() -> None:
    """Call off what was never begun."""
