"""
The one timer of a process: calls back at deadlines, from a timing wheel that turns only while something waits.

Ten thousand logins that wait for a phone are one timer of the event loop, not ten thousand.
"""

from collections.abc import Callable
from functools import partial

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.telemetry import FaultReport
from watchword.kit.wheel import TICK, Wheel

Later = Callable[[float, Callable[[], None]], object]
"""Calls a function after some seconds: `call_later` of the event loop."""


class Timers:
    """
    Calls functions back at their deadlines, on the loop's thread.

    What one of them raises is reported and ends nothing.
    """

    def __init__(self, *, clock: Clock, later: Later, fault: FaultReport) -> None:
        self._clock = clock
        self._later = later
        self._fault = fault
        self._wheel: Wheel[Callable[[], None]] = Wheel(now=clock.monotonic())
        self._turning = False

    def __len__(self) -> int:
        return len(self._wheel)

    def at(self, deadline: int, call: Callable[[], None]) -> Callable[[], None]:
        """
        Call `call` at `deadline` (monotonic nanosecond), never before and at most 100 ms later.

        Returns:
            What cancels it; it may be called at any time and more than once.
        """
        place = self._wheel.add(deadline, call)
        if not self._turning:
            self._turning = True
            self._later(TICK / NANOSECONDS, self.turn)
        return partial(self._wheel.cancel, place)

    def turn(self) -> None:
        """Call what is due; called by the event loop once a tick while anything waits."""
        for call in self._wheel.expire(self._clock.monotonic()):
            try:
                call()
            except Exception:  # noqa: BLE001 - one that fails must not keep the others from being called
                self._fault("timer")
        self._turning = len(self._wheel) > 0
        if self._turning:
            self._later(TICK / NANOSECONDS, self.turn)
