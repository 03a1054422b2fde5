"""
Audit rows that the store writes itself: for what follows from a change without the caller's knowing.
"""

from collections.abc import Iterable

from watchword.domain.events import Audit, AuditEvent, AuditId
from watchword.domain.users import UserId
from watchword.kit.identifiers import Identifiers
from watchword.stores.journal import Journal

ACTOR = "system"
"""Who does what nobody asked for."""


class Scribe:
    """Appends audit rows of the store's own to the journal."""

    def __init__(self, journal: Journal, identifiers: Identifiers) -> None:
        self.journal = journal
        self._identifiers = identifiers

    def note(
        self,
        event: AuditEvent,
        *,
        at: int,
        user: UserId | None = None,
        subject: bytes | None = None,
        words: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Append a row."""
        identifier = AuditId(self._identifiers.new())
        self.journal.audit(
            Audit(id=identifier, at=at, event=event, actor=ACTOR, user=user, subject=subject, words=tuple(words))
        )
