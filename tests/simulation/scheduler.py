"""
Time that passes only when nothing is left to do, and who goes next.

Each process of the simulation has an event loop of its own, as it has on a machine of its own. What one loop was asked
for happens in the order in which asyncio promises it; which loop goes next is drawn from the seed, so that processes
interleave in every order. When nobody has anything to do, the clock jumps to the next thing that was put off.
"""

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from itertools import count
from random import Random
from typing import Any, Final, Protocol, TypeVar, TypeVarTuple

Value = TypeVar("Value")
Arguments = TypeVarTuple("Arguments")

SECOND: Final = 1_000_000_000
"""Nanoseconds: the unit of the scheduler's clock."""

MOST_STEPS: Final = 100_000
"""Callbacks at one instant after which somebody is taken to run in a circle."""


class Dial(Protocol):
    """Connects a process to another: `network.Network.dial`."""

    def __call__(
        self, loop: "SimulatedLoop", target: str, factory: Callable[[], asyncio.BaseProtocol]
    ) -> asyncio.Future[tuple[asyncio.Transport, asyncio.BaseProtocol]]:
        """Return what is settled once the connection stands."""


class Scheduler:
    """The only clock, and the only source of chance."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - chance that can be repeated is what this is for
        self.now = 0
        self.steps = 0
        self.dial: Dial | None = None
        self.raised: list[tuple[str, dict[str, Any]]] = []
        self._loops: list[SimulatedLoop] = []
        self._later: list[tuple[int, int, SimulatedLoop | None, asyncio.Handle | Callable[[], object]]] = []
        self._numbers = count()

    def loop(self, name: str) -> "SimulatedLoop":
        """Return the loop of a process that begins."""
        loop = SimulatedLoop(self, name)  # type: ignore[abstract] # asyncio asks for nothing else.
        self._loops.append(loop)
        return loop

    def forget(self, loop: "SimulatedLoop") -> None:
        """Take the loop of a process away that is gone."""
        self._loops.remove(loop)

    def put_off(self, when: int, loop: "SimulatedLoop", handle: asyncio.Handle) -> None:
        """Let a loop do something at an instant."""
        heapq.heappush(self._later, (max(when, self.now), next(self._numbers), loop, handle))

    def carry(self, seconds: float, call: Callable[[], object]) -> None:
        """Do something in so many seconds that no process does: what lies between them."""
        heapq.heappush(self._later, (self.now + round(seconds * SECOND), next(self._numbers), None, call))

    def seconds(self, least: float, most: float) -> float:
        """Draw a number of seconds."""
        return self.random.uniform(least, most)

    def run(self, until: int) -> None:
        """Let everything happen up to an instant, in nanoseconds."""
        while self._later and self._later[0][0] <= until:
            self._settle()
            self._advance()
        self._settle()
        self.now = max(self.now, until)

    def _settle(self) -> None:
        """Let everybody do what there is to do now."""
        here, before = 0, events._get_running_loop()  # noqa: SLF001 - what asyncio's own loops do
        try:
            while ready := [loop for loop in self._loops if loop.ready and not loop.frozen]:
                here += 1
                if here > MOST_STEPS:
                    raise RuntimeError(f"{ready[0].name} runs in a circle")
                (ready[0] if len(ready) == 1 else ready[int(self.random.random() * len(ready))]).step()
        finally:
            self.steps += here
            events._set_running_loop(before)  # noqa: SLF001 - as above

    def _advance(self) -> None:
        self.now = now = self._later[0][0]
        while self._later and self._later[0][0] <= now:
            _, _, loop, what = heapq.heappop(self._later)
            if loop is None:
                if callable(what):
                    what()
            elif isinstance(what, asyncio.Handle) and not loop.dead and not what.cancelled():
                loop.ready.append(what)


class SimulatedLoop(asyncio.AbstractEventLoop):
    """
    The event loop of one process.

    Attributes:
        ready: what is to be done, in this order.
        frozen: nothing of it is done meanwhile, as after a SIGSTOP.
        dead: the process is gone, and with it whatever it had begun.
    """

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        self.scheduler = scheduler
        self.name = name
        self.ready: deque[asyncio.Handle] = deque()
        self.frozen = False
        self.dead = False
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def step(self) -> None:
        """Do the next thing."""
        handle = self.ready.popleft()
        if not handle.cancelled():
            events._set_running_loop(self)  # noqa: SLF001 - what asyncio's own loops do
            handle._run()  # noqa: SLF001 - as above

    def within(self, work: Callable[[], Value]) -> Value:
        """Do something as if this loop did it."""
        before = events._get_running_loop()  # noqa: SLF001 - as above
        events._set_running_loop(self)  # noqa: SLF001 - as above
        try:
            return work()
        finally:
            events._set_running_loop(before)  # noqa: SLF001 - as above

    def die(self) -> None:
        """End as a killed process does: nothing is finished, and nothing is cleaned up."""
        self.dead = True
        self.ready.clear()
        self.scheduler.forget(self)
        for task in tuple(self._tasks):
            # Python would complain of it, and close what is left of it, whenever it comes to collect it.
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - asyncio offers no other way
            coroutine = task.get_coro()
            if isinstance(coroutine, Coroutine):
                self.within(coroutine.close)
        self._tasks.clear()

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks that run."""
        return sorted(task.get_name() for task in self._tasks)

    # --- as asyncio has it ----------------------------------------------------------------------------------------

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self.scheduler.now / SECOND

    def get_debug(self) -> bool:
        """Return whether asyncio is to look closer."""
        return False

    def is_running(self) -> bool:
        """Return whether it runs."""
        return not self.dead

    def is_closed(self) -> bool:
        """Return whether it has ended."""
        return self.dead

    def call_soon(
        self, callback: Callable[[*Arguments], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """Do something next."""
        handle = asyncio.Handle(callback, args, self, context)
        if not self.dead:
            self.ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[*Arguments], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """Do something next; there are no other threads."""
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Do something in so many seconds."""
        return self._at(self.scheduler.now + round(max(delay, 0) * SECOND), callback, args, context)

    def call_at(
        self, when: float, callback: Callable[[*Arguments], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Do something at a second of `time`."""
        return self._at(round(when * SECOND), callback, args, context)

    def _at(
        self, when: int, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when / SECOND, callback, args, self, context)
        if not self.dead:
            self.scheduler.put_off(when, self, handle)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Take note that something will not be done; asyncio calls this."""

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        """Run a coroutine."""
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return task

    def run_in_executor(  # type: ignore[override] # What is handed over takes nothing, or Any.
        self,
        executor: Any,  # noqa: ARG002 - as asyncio calls it
        func: Callable[..., Any],
        *args: Any,
    ) -> asyncio.Future[Any]:
        """Do something slow: at an instant of its own, a little later."""
        future = self.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(func(*args))
            except Exception as problem:  # noqa: BLE001 - it is raised where it is awaited
                future.set_exception(problem)

        self.call_later(self.scheduler.seconds(0, 0.003), work)
        return future

    async def create_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], host: str, port: int, **_options: Any
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect to a host; each has one port."""
        if self.scheduler.dial is None:
            raise ConnectionRefusedError(f"nobody listens at {host}:{port}")
        return await self.scheduler.dial(self, host, protocol_factory)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Take note of something that nobody has caught."""
        self.scheduler.raised.append((self.name, context))

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Do the same."""
        self.call_exception_handler(context)
