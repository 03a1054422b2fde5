from collections.abc import Callable

from watchword.kit.clock import NANOSECONDS, ManualClock
from watchword.kit.timers import Timers


class Loop:
    """Keeps what is to be called later, and calls it as time passes on a manual clock."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, Callable[[], None]]] = []
        self.wakeups = 0

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self._waiting.append((seconds, call))

    def run(self, seconds: float) -> None:
        """Let time pass for as long as anything waits, as an event loop does."""
        passed = 0.0
        while self._waiting and passed < seconds:
            wait, call = self._waiting.pop(0)
            self._clock.advance(wait)
            passed += wait
            self.wakeups += 1
            call()


class Reports:
    def __init__(self) -> None:
        self.where: list[str] = []

    def __call__(self, where: str) -> None:
        self.where.append(where)


def test_calls_at_the_deadline_and_at_most_100_ms_later() -> None:
    clock = ManualClock()
    loop = Loop(clock)
    timers = Timers(clock=clock, later=loop.later, fault=Reports())
    deadline = clock.monotonic() + 3 * NANOSECONDS
    called: list[int] = []
    timers.at(deadline, lambda: called.append(clock.monotonic()))

    loop.run(10)

    assert len(called) == 1
    assert deadline <= called[0] <= deadline + NANOSECONDS // 10


def test_what_was_cancelled_is_not_called() -> None:
    clock = ManualClock()
    loop = Loop(clock)
    timers = Timers(clock=clock, later=loop.later, fault=Reports())
    called: list[str] = []
    cancel = timers.at(clock.monotonic() + NANOSECONDS, lambda: called.append("cancelled"))
    timers.at(clock.monotonic() + NANOSECONDS, lambda: called.append("kept"))

    cancel()
    cancel()
    loop.run(10)

    assert called == ["kept"]


def test_turns_only_while_something_waits() -> None:
    clock = ManualClock()
    loop = Loop(clock)
    timers = Timers(clock=clock, later=loop.later, fault=Reports())
    called: list[str] = []
    timers.at(clock.monotonic() + NANOSECONDS, lambda: called.append("first"))
    timers.at(clock.monotonic() + NANOSECONDS, lambda: called.append("second"))

    loop.run(60)
    wakeups = loop.wakeups
    loop.run(60)

    assert loop.wakeups == wakeups <= 22
    timers.at(clock.monotonic() + NANOSECONDS, lambda: called.append("third"))
    loop.run(60)
    assert called == ["first", "second", "third"]
    assert len(timers) == 0


def test_one_that_raises_is_reported_and_keeps_no_other_from_being_called() -> None:
    clock, reports = ManualClock(), Reports()
    loop = Loop(clock)
    timers = Timers(clock=clock, later=loop.later, fault=reports)
    called: list[str] = []

    def broken() -> None:
        raise ValueError

    timers.at(clock.monotonic() + NANOSECONDS, broken)
    timers.at(clock.monotonic() + NANOSECONDS, lambda: called.append("same tick"))
    timers.at(clock.monotonic() + 2 * NANOSECONDS, lambda: called.append("later"))
    loop.run(10)

    assert called == ["same tick", "later"]
    assert reports.where == ["timer"]
