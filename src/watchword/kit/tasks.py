"""
Tasks that are watched: nothing runs in the background whose end nobody sees.

A bare task is kept by nobody, may vanish while it runs, and takes its exception with it; ruff forbids one outside of
this room.
"""

import asyncio
from collections.abc import Coroutine

from watchword.kit.telemetry import FaultReport


class Tasks:
    """Starts tasks, keeps hold of them, reports what they raise, and ends them together."""

    def __init__(self, *, fault: FaultReport) -> None:
        self._fault = fault
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[object, object, None], *, name: str) -> asyncio.Task[None]:
        """
        Run a coroutine in the background.

        Args:
            work: what is to be done. An exception that leaves it is reported, and nothing else ends.
            name: whose exception that was, in the report.
        """
        task = asyncio.create_task(self._watched(work, name), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # One that is cancelled before its first step has never begun its work, and Python complains of that.
        task.add_done_callback(lambda _: work.close())
        return task

    async def stop(self) -> None:
        """Cancel whatever runs, and wait until it has ended."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _watched(self, work: Coroutine[object, object, None], name: str) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - this is where a task's exception is seen
            self._fault(name)
