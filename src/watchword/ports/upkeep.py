"""
What keeps the records in order: small, sealed under the newest key, and proven.

A step is one short transaction in the single writer, and says how much it did, so that whoever schedules it knows
whether more is left. A failed one raises `ports.login.StoreAway` and has changed nothing.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from watchword.domain.events import Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKey:
    """A key of the ring under which secrets are sealed: its version, and since when it is there (UTC microseconds)."""

    version: int
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerdict:
    """
    Whether the chain of activity and audit is whole.

    Attributes:
        whole: whether every row stands where and as it was written.
        rows: how many were looked at.
        fault: the first thing that is wrong, in a sentence; empty where nothing is.
    """

    whole: bool
    rows: int
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainWalk:
    """
    A walk along the chain that goes on by itself.

    Attributes:
        begun_at: UTC microseconds.
        by: who wanted it.
        rows: how many were looked at so far.
        of: how many there were when it began, 0 while that is not known.
        verdict: None while it goes on.
    """

    begun_at: int
    by: str
    rows: int
    of: int
    verdict: ChainVerdict | None


class Upkeep(Protocol):
    """Keeps the records in order."""

    def sweep(self, *, now: int, limit: int) -> Awaitable[int]:
        """
        Remove up to `limit` rows that nothing will ask for any more, and return how many.

        These are challenges and pairings that were spent or have expired, with methods that no device was paired for in
        time. A bypass that has run out is marked so, with its audit row, and stays for the report.
        """

    def retire(self, *, before: int, now: int, limit: int) -> Awaitable[int]:
        """
        Remove up to `limit` rows of activity and audit older than `before`, and return how many.

        The oldest go first, and a checkpoint stays at which `verify_chain` starts.
        """

    def count(self, *, limit: int) -> Awaitable[int]:
        """Count up to `limit` rows of activity into hours and days, each once, and return how many."""

    def index(self) -> Awaitable[int]:
        """Write down what occurs in the next full segment of activity; return its positions, 0 where none is full."""

    def index_audit(self, *, limit: int) -> Awaitable[int]:
        """Write down by what up to `limit` rows of the audit trail are found, each once, and return how many."""

    def forget_counts(self, *, before: int, now: int) -> Awaitable[int]:
        """Forget what was counted of days before `before`, and hours that are too long ago to be asked for."""

    def reseal(self, *, limit: int) -> Awaitable[int]:
        """Seal up to `limit` secrets under the newest key that are sealed under an older one, and return how many."""

    def rotate_key(self, audit: Audit) -> Awaitable[SealingKey]:
        """Add a new newest key to the ring, durably, with its audit row."""

    def keys(self) -> Sequence[SealingKey]:
        """Return the keys of the ring, the newest first."""

    def verify_chain(self) -> Awaitable[ChainVerdict]:
        """Walk the whole chain off the loop."""

    def begin_walk(self, *, at: int, by: str) -> None:
        """Begin to walk the whole chain off the loop, unless a walk that was begun so goes on."""

    def walk(self) -> ChainWalk | None:
        """Return the last walk that was begun so, None where there was none since the process started."""

    def faults(self) -> Awaitable[Sequence[str]]:
        """Check the database file itself, quickly, and return what is wrong with it in its own words."""
