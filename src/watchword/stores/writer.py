"""
The writer thread: whatever was asked for while it committed is its next group.

One queue goes in, one wake-up of the loop comes out for each group, and everything that waits is told on the loop's
thread. Without a loop (administration on the database alone) the same work is done at once, on the caller's thread.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.ports.login import Committed, StoreAway, Unit
from watchword.stores.changer import Touched
from watchword.stores.committer import Committer
from watchword.stores.generation import Generation

GROUP: Final = 256
"""Most units in one transaction: a commit of half a millisecond is then 2 µs of each."""

WAITING: Final = 8_192
"""Most units that may wait; whatever comes then is denied at once rather than late."""

STUCK_SECONDS: Final = 10.0
"""Seconds without any commit after which everything that waits is told that it failed (a disk that hangs)."""

SYNC_SECONDS: Final = 1.0
"""How often `DIR/generation` is made durable."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that needs a transaction of its own. `run` returns its value and what it touched."""

    run: Callable[[Committer], tuple[Any, Touched]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a piece of work ended: with a value, or with what it raised."""

    value: Any = None
    touched: Touched | None = None
    raised: BaseException | None = None


Job = Unit | Work

Told = tuple[Callable[[Any], None], Committed | Ended]
"""Who waits for a job, and what he is told where the disk hangs."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one transaction settled: units with what became of each, or one piece of work."""

    units: tuple[Unit, ...] = ()
    results: Sequence[Committed] = ()
    ended: Ended | None = None


class Writer:
    """Takes units and work from the loop's thread, and brings back what became of them."""

    def __init__(
        self,
        committer: Committer,
        *,
        generation: Generation,
        clock: Clock,
        settled: Callable[[Group], None],
    ) -> None:
        """
        Take what it works with.

        Args:
            committer: does the work; from `start` on it is the thread's own.
            generation: made durable about once a second.
            clock: counts that second.
            settled: told of each group before anybody is who waits for a part of it.
        """
        self.committer = committer
        self._generation = generation
        self._clock = clock
        self._tell_first = settled
        self._batch: list[Job] = []
        self._batches: queue.SimpleQueue[list[Job] | None] = queue.SimpleQueue()
        self._finished: deque[Group] = deque()
        # In the order in which jobs are handed over, which is that in which they are settled.
        self._waiting: deque[Told] = deque()
        self._given_up = 0
        self._groups = 0
        self._watching = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._synced_at = clock.monotonic()

    # --- on the loop's thread -------------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread; from now on everything is answered on `loop`."""
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="watchword-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many units and pieces of work wait."""
        return len(self._waiting)

    def commit(self, unit: Unit, done: Callable[[Committed], None]) -> None:
        """Commit a unit with the next group."""
        if self._closed or len(self._waiting) >= WAITING:
            done(Committed.FAILED)
            return
        self._waiting.append((done, Committed.FAILED))
        self._hand_over(unit)

    def work(self, work: Work, done: Callable[[Ended], None]) -> None:
        """Do a piece of work between two groups."""
        if self._closed:
            done(Ended(raised=StoreAway("the store is closed")))
            return
        self._waiting.append((done, Ended(raised=StoreAway("the database does not answer"))))
        self._hand_over(work)

    def _hand_over(self, job: Job) -> None:
        if self._thread is None or self._loop is None:
            self._finished.append(self._perform([job]))
            self._deliver()
            return
        if not self._watching:
            self._watching = True
            self._loop.call_later(STUCK_SECONDS, self._watch, self._groups)
        if not self._batch:
            # What one turn of the loop asks for goes over together: handed over one by one, each job would wake the
            # thread, and the two would take the interpreter from each other at every system call.
            self._loop.call_soon(self._hand_over_batch)
        self._batch.append(job)

    def _hand_over_batch(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self._batches.put(batch)

    def close(self) -> None:
        """Finish what was asked for, answer it, and end the thread."""
        self._closed = True
        if self._thread is not None:
            self._hand_over_batch()
            self._batches.put(None)
            self._thread.join()
            self._thread = None
        self._deliver()

    def _deliver(self) -> None:
        while self._finished:
            group = self._finished.popleft()
            self._groups += 1
            self._tell_first(group)
            for result in group.results if group.ended is None else (group.ended,):
                if self._given_up:
                    # Whoever waited for it was told already that it failed, because the disk hung.
                    self._given_up -= 1
                    continue
                done, _ = self._waiting.popleft()
                self._tell(done, result)

    def _tell(self, done: Callable[[Any], None], result: Committed | Ended) -> None:
        try:
            done(result)
        except Exception as problem:
            if self._loop is None:
                raise
            # Whoever waits behind must be told all the same.
            self._loop.call_exception_handler({"message": "a waiter of the store failed", "exception": problem})

    def _watch(self, groups: int) -> None:
        """Tell everybody that waits that it failed, where nothing was settled since the last look."""
        self._watching = False
        if not self.waiting or self._loop is None or self._closed:
            return
        if groups == self._groups:
            waiting, self._waiting = self._waiting, deque()
            self._given_up += len(waiting)
            for done, hangs in waiting:
                self._tell(done, hangs)
        self._watching = True
        self._loop.call_later(STUCK_SECONDS, self._watch, self._groups)

    # --- on the writer's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        ready: deque[Job] = deque()
        more = True
        while more or ready:
            more = self._take(ready)
            while ready:
                self._finished.append(self._perform(_first_group(ready)))
                if self._loop is not None:
                    # The loop may have been closed by a process that ends without ceremony; then nobody waits.
                    with suppress(RuntimeError):
                        self._loop.call_soon_threadsafe(self._deliver)
                if self._clock.monotonic() - self._synced_at >= SYNC_SECONDS * NANOSECONDS:
                    self._sync()
        self._sync()

    def _take(self, ready: deque[Job]) -> bool:
        """Wait for jobs, and take what is behind them up to a group; False once there will be no more."""
        batch = self._wait()
        while batch is not None:
            ready.extend(batch)
            if len(ready) >= GROUP:
                return True
            try:
                batch = self._batches.get_nowait()
            except queue.Empty:
                return True
        return False

    def _wait(self) -> list[Job] | None:
        if self._generation.unsynced:
            try:
                return self._batches.get(timeout=SYNC_SECONDS)
            except queue.Empty:
                self._sync()
        return self._batches.get()

    def _perform(self, jobs: list[Job]) -> Group:
        units = tuple([job for job in jobs if isinstance(job, Unit)])
        if units:
            return Group(units=units, results=self._commit(units))
        ended = Ended()
        for job in jobs:
            if isinstance(job, Work):
                ended = self._work(job)
        return Group(ended=ended)

    def _commit(self, units: tuple[Unit, ...]) -> Sequence[Committed]:
        try:
            return self.committer.commit(units)
        except Exception:  # noqa: BLE001 - a writer that ends would deny everybody for ever
            return [Committed.FAILED] * len(units)

    def _work(self, work: Work) -> Ended:
        try:
            value, touched = work.run(self.committer)
        except Exception as problem:  # noqa: BLE001 - it is raised again where the work was asked for
            return Ended(raised=problem)
        return Ended(value=value, touched=touched)

    def _sync(self) -> None:
        """Make the generation durable. Where that fails, the next write of it will too, and then nobody passes."""
        with suppress(OSError):
            self._generation.sync()
        self._synced_at = self._clock.monotonic()


def _first_group(ready: deque[Job]) -> list[Job]:
    """Take the units at the head of the queue, a group at most, or the one piece of work that stands there."""
    group = [ready.popleft()]
    if isinstance(group[0], Unit):
        while ready and len(group) < GROUP and isinstance(ready[0], Unit):
            group.append(ready.popleft())
    return group
