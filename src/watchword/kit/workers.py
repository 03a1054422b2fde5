"""
Threads for work that would hold the loop: so many run at once, so many wait, and what is over that is told so at once.

Everything but the work itself happens on the loop's thread, `done` too. The threads are daemons: a name server that
does not answer must not hold up the end of the process.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, Generic, TypeVar

from watchword.kit.telemetry import FaultReport

Result = TypeVar("Result")

WAITING_FOR_EACH: Final = 64
"""Pieces of work that may wait for one thread: at the 23 ms of a password the last of them starts after 1.5 s."""


class _Job(Generic[Result]):
    """One piece of work; `done` is None once nobody waits for it any more."""

    __slots__ = ("done", "result", "work")

    def __init__(self, work: Callable[[], Result], done: Callable[[Result | None], None]) -> None:
        self.work = work
        self.done: Callable[[Result | None], None] | None = done
        self.result: Result | None = None

    def run(self, fault: FaultReport) -> None:
        try:
            self.result = self.work()
        except Exception:  # noqa: BLE001 - one piece of work must not take the thread from all others
            fault("worker")

    def finish(self) -> None:
        done, self.done = self.done, None
        if done is not None:
            done(self.result)


class Workers:
    """
    A bounded number of threads that start when they are first needed.

    Args:
        name: what the threads are called.
        threads: how many run at once, at least 1.
        waiting: how many pieces of work may wait beyond those that run.
        wake: calls something on the loop's thread: the loop's `call_soon_threadsafe`.
        fault: reports the exception that is being handled; called on any thread.
    """

    def __init__(
        self,
        *,
        name: str,
        threads: int,
        waiting: int,
        wake: Callable[[Callable[[], None]], object],
        fault: FaultReport,
    ) -> None:
        self._name = name
        self._most_threads = threads
        self._most_taken = threads + waiting
        self._wake = wake
        self._fault = fault
        self._condition = threading.Condition()
        self._jobs: deque[_Job[Any]] = deque()
        self._threads = 0
        self._idle = 0
        self._taken = 0
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether the next piece of work would be one too many."""
        return self._taken >= self._most_taken

    def submit(self, work: Callable[[], Result], done: Callable[[Result | None], None]) -> Callable[[], None]:
        """
        Let a thread do `work`, then call `done` with its result on the loop's thread.

        `done` is called with None, possibly before this returns, where there is no room, the work raised or everything
        is closed.

        Returns:
            What calls it off: `done` is then never called, and work that has not begun is not done.
        """
        if self.full or self._closed:
            done(None)
            return _nothing
        job = _Job(work, done)
        self._taken += 1
        with self._condition:
            self._jobs.append(job)
            if self._idle < len(self._jobs) and self._threads < self._most_threads:
                self._threads += 1
                threading.Thread(target=self._run, name=f"{self._name}-{self._threads}", daemon=True).start()
            self._condition.notify()

        def call_off() -> None:
            job.done = None
            with self._condition, suppress(ValueError):
                self._jobs.remove(job)
                self._taken -= 1

        return call_off

    def close(self) -> None:
        """Take nothing more; what waits is told so, what runs still ends and is answered."""
        with self._condition:
            self._closed = True
            waiting, self._jobs = self._jobs, deque()
            self._condition.notify_all()
        self._taken -= len(waiting)
        for job in waiting:
            job.finish()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            job.run(self._fault)
            # A loop that has ended takes nothing any more, and nobody waits there.
            with suppress(RuntimeError):
                self._wake(partial(self._finished, job))
            # What the work held, a password, is not kept until the next one comes.
            del job

    def _next(self) -> _Job[Any] | None:
        with self._condition:
            while not self._jobs and not self._closed:
                self._idle += 1
                self._condition.wait()
                self._idle -= 1
            return self._jobs.popleft() if self._jobs else None

    def _finished(self, job: _Job[Any]) -> None:
        self._taken -= 1
        job.finish()


def _nothing() -> None:
    """Call off what has already been answered."""
