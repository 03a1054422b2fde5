"""
What every part of a process stands on.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from watchword.config import Config
from watchword.kit.clock import NANOSECONDS, SystemClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.metrics import Metrics
from watchword.kit.randomness import SystemRandomness
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import Faults, LogForm, SeldomLog, open_log
from watchword.kit.timers import Timers
from watchword.kit.workers import WAITING_FOR_EACH, Workers


class Foundation:
    """What every part of a process stands on."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = SystemClock()
        self.randomness = SystemRandomness()
        self.identifiers = Identifiers(clock=self.clock, randomness=self.randomness)
        self.metrics = Metrics()
        self.log = open_log(clock=self.clock, stream=sys.stderr, form=LogForm(config.log_format))
        self.seldom = SeldomLog(self.log, clock=self.clock)
        self.fault = Faults(self.seldom, count=self.metrics.faults.add)
        self.loop = asyncio.get_running_loop()
        self.timers = Timers(clock=self.clock, later=self.loop.call_later, fault=self.fault)
        self.tasks = Tasks(fault=self.fault)

    def workers(self, name: str, threads: int) -> Workers:
        """Make a pool of threads."""
        return Workers(
            name=name,
            threads=threads,
            waiting=threads * WAITING_FOR_EACH,
            wake=self.loop.call_soon_threadsafe,
            fault=self.fault,
        )

    def every(self, seconds: float, call: Callable[[], None]) -> None:
        """Call `call` again and again, as long as the process runs."""

        def run() -> None:
            self.timers.at(self.clock.monotonic() + int(seconds * NANOSECONDS), run)
            call()

        run()

    def pause(self, seconds: float) -> Awaitable[None]:
        """Wait."""
        over: asyncio.Future[None] = self.loop.create_future()

        def end() -> None:
            if not over.done():
                over.set_result(None)

        self.timers.at(self.clock.monotonic() + int(seconds * NANOSECONDS), end)
        return over
