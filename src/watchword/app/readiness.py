"""
Whether a login could complete now: what Status-Server and `/healthz/ready` tell (R71).

A process that cannot write lets nobody in. It says so by its silence, so that clients go to a server that can, and
notices by itself when it can write again, without waiting for somebody's login to find out.
"""

from collections.abc import Callable

from watchword.ports.login import Committed, Ledger, Unit

_NOTHING = Unit(writes=(), activity=())


class WatchedLedger:
    """A ledger that knows whether its last commit came through."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._writes = True
        self._trying = False

    def commit(self, unit: Unit, done: Callable[[Committed], None]) -> None:
        """Commit a unit, and take note of what became of it."""

        def committed(result: Committed) -> None:
            self._writes = result is not Committed.FAILED
            done(result)

        self._ledger.commit(unit, committed)

    def can_write(self) -> bool:
        """Tell whether the last commit came through."""
        return self._writes

    def try_again(self) -> None:
        """Commit nothing, where the last commit failed, to find out whether that has passed."""
        if not self._writes and not self._trying:
            self._trying = True
            self.commit(_NOTHING, self._tried)

    def _tried(self, _result: Committed) -> None:
        self._trying = False
