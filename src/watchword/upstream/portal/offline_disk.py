"""
The one thread that writes what a server keeps of its own. What was asked for while it wrote is its next transaction.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from watchword.kit.workers import Workers
from watchword.ports.login import StoreAway
from watchword.ports.offline import OfflineChange, OfflineStore

MOST_WAITING: Final = 4_096
"""Changes that may wait: one more is refused at once."""

Done = Callable[[bool], None]
"""Told whether a change is durable."""


class OfflineDisk:
    """Writes changes in the order in which they were asked for."""

    def __init__(self, store: OfflineStore, *, workers: Workers) -> None:
        """
        Make it.

        Args:
            store: what is written to.
            workers: one thread.
        """
        self._store = store
        self._workers = workers
        self._waiting: list[tuple[OfflineChange, Done]] = []
        self._is_writing = False

    def write(self, change: OfflineChange, done: Done) -> None:
        """Write a change, and call `done` with whether it is durable."""
        if len(self._waiting) >= MOST_WAITING:
            done(False)  # noqa: FBT003 - the one thing that a callback is told
            return
        self._waiting.append((change, done))
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting and not self._is_writing:
            together, self._waiting = self._waiting, []
            self._is_writing = True
            changes = [change for change, _ in together]
            self._workers.submit(partial(self._write, changes), partial(self._written, [done for _, done in together]))

    def _write(self, changes: Sequence[OfflineChange]) -> bool:
        try:
            self._store.write(changes)
        except StoreAway:
            return False
        return True

    def _written(self, waiting: Sequence[Done], written: bool | None) -> None:  # noqa: FBT001 - what a worker made
        self._is_writing = False
        for done in waiting:
            done(bool(written))
        self._go_on()
