"""
How administration reads the audit trail, and what happened before a rule that is thought of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from watchword.domain.events import Activity, AuditId
from watchword.domain.users import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """
    Which rows of the audit trail are wanted: those that are all that is named here.

    Attributes:
        event: `noun.verb`, or a noun for everything that befell one.
        subject: the identifier of what it befell.
        since: the first instant that is wanted, in UTC microseconds; `until` the first that is not.
        before: rows older than this one.
    """

    user: UserId | None = None
    actor: str | None = None
    event: str | None = None
    subject: bytes | None = None
    since: int | None = None
    until: int | None = None
    before: AuditId | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """A row of the audit trail as it is written: its event may be one that this version does not know."""

    id: AuditId
    at: int
    event: str
    actor: str
    user: UserId | None
    subject: bytes | None
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """
    Rows of the audit trail, newest first.

    `before` is by what to ask for older ones, None where none are left; fewer rows than asked for with it mean that the
    search stopped for its time.
    """

    rows: tuple[AuditRecord, ...]
    before: AuditId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some rows of activity in their order, and behind which position to go on; None where there are no more."""

    rows: Sequence[Activity]
    behind: int | None


class ReadsTrail(Protocol):
    """Reads what was done, and what happened."""

    def audit_trail(self, wanted: AuditFilter) -> AuditPage:
        """Find rows of the audit trail, looking at a bounded number of them."""

    def stretch_begin(self, *, since: int, most: int) -> tuple[int, bool]:
        """
        Return the position behind which the rows of activity since an instant stand, and whether all of them do.

        Of more than `most` only the newest stand there.
        """

    def stretch(self, *, behind: int, limit: int) -> Stretch:
        """Return up to `limit` rows of activity behind a position, without their traces."""
