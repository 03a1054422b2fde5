"""
What a server keeps on its own disk to check codes without a portal, and until the portal has what came of that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from watchword.domain.offline import Word
from watchword.domain.settings import LockSettings
from watchword.domain.users import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaState:
    """
    How far a replica has come.

    Attributes:
        run: of the portal that it is from.
        serial: the number of its state in that run.
        lock: how many wrong codes lock a user.
        word: the last one that the portal is known to have had, None for none.
    """

    run: bytes
    serial: int
    lock: LockSettings
    word: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineChange:
    """
    What is written together, all of it or nothing, in this order.

    Attributes:
        clear: whether everything of the replica goes before.
        holders: users as they crossed the channel, by their identifiers; `gone` are in it no more.
        state: the new one, None where it stays.
        outcomes: what was decided, by the identifiers of their rows; one that is there already is replaced.
        told: rows that the portal has.
    """

    clear: bool = False
    holders: Mapping[UserId, bytes] = field(default_factory=dict, repr=False)
    gone: Sequence[UserId] = ()
    state: ReplicaState | None = None
    outcomes: Mapping[bytes, bytes] = field(default_factory=dict)
    told: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineKept:
    """
    What an earlier run has kept.

    Attributes:
        trusted: whether it is what was written last; an older copy that was put back is not.
    """

    holders: Mapping[UserId, bytes] = field(default_factory=dict, repr=False)
    state: ReplicaState | None = None
    outcomes: Mapping[bytes, bytes] = field(default_factory=dict)
    trusted: bool = True


class OfflineStore(Protocol):
    """Keeps it, sealed. It is for one thread at a time."""

    def load(self) -> OfflineKept:
        """Return what an earlier run has kept. Raises `ports.login.StoreAway`."""

    def write(self, changes: Sequence[OfflineChange]) -> None:
        """Write changes in one transaction; durable when it returns. Raises `ports.login.StoreAway`."""
