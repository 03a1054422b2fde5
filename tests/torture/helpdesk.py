"""
A help desk that makes and cancels bypasses while logins come and the process dies: administration through its socket.

What it is told was done has to be there after every crash. Where the process dies before it answers nothing is known,
and nothing is offered.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from watchword.cli.control_client import ALIVE_SECONDS, ControlPerformer, NotAlive
from watchword.cli.session import Refused
from watchword.kit.identifiers import parse, text
from watchword.web.sockets import connect_control

CLERKS: Final = 2
SECONDS: Final = 3_600


class Helpdesk:
    """Clerks on threads of their own, whose news is read on the driver's."""

    def __init__(self, data: Path) -> None:
        """Open for the process that serves `data`."""
        self._data = data
        self._pool = ThreadPoolExecutor(CLERKS, thread_name_prefix="clerk")
        self._news: deque[tuple[Callable[[bytes], None], bytes]] = deque()
        self.descriptor, self._bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.faults: list[str] = []
        self.made = 0
        self.cancelled = 0

    def make(self, user: str, told: Callable[[bytes], None]) -> None:
        """Make a bypass for a user, and tell its identifier on the driver's thread."""
        arguments = {"user": user, "reason": "torture", "seconds": SECONDS}
        self._pool.submit(self._made, arguments, told).add_done_callback(self._ended)

    def cancel(self, bypass: bytes, told: Callable[[bytes], None]) -> None:
        """Cancel a bypass, and tell on the driver's thread that it is cancelled, where it is."""
        self._pool.submit(self._cancelled, bypass, told).add_done_callback(self._ended)

    def listen(self) -> None:
        """Tell what has come: called when there is something to read at `descriptor`."""
        os.read(self.descriptor, 4_096)
        while self._news:
            told, bypass = self._news.popleft()
            told(bypass)

    def close(self) -> None:
        """Send the clerks home."""
        self._pool.shutdown(cancel_futures=True)
        os.close(self.descriptor)
        os.close(self._bell)

    def _made(self, arguments: dict[str, object], told: Callable[[bytes], None]) -> None:
        done = self._perform("bypass.add", arguments)
        if done is not None:
            self.made += 1
            self._tell(told, parse(done["id"]) or b"")

    def _cancelled(self, bypass: bytes, told: Callable[[bytes], None]) -> None:
        if self._perform("bypass.cancel", {"id": text(bypass), "reason": "torture"}) is not None:
            self.cancelled += 1
            self._tell(told, bypass)

    def _perform(self, name: str, arguments: dict[str, object]) -> Any:
        """Do an operation; None where it was not done, or nobody knows."""
        try:
            performer = ControlPerformer(connect_control(self._data, seconds=ALIVE_SECONDS))
        except (OSError, HTTPException, NotAlive):
            return None
        try:
            return performer.perform(name, arguments)
        except (Refused, ValueError):
            # A line that was cut short by the death of the process is no JSON.
            return None
        finally:
            performer.close()

    def _tell(self, told: Callable[[bytes], None], bypass: bytes) -> None:
        self._news.append((told, bypass))
        os.write(self._bell, b"!")

    def _ended(self, future: Future[None]) -> None:
        raised = None if future.cancelled() else future.exception()
        if raised is not None:
            self.faults.append(f"a clerk broke: {raised!r}")
