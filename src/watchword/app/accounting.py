"""
Accounting: what clients report of sessions, shown in activity (R81).
"""

from collections.abc import Callable
from typing import Final

from watchword.app.attempt import AccountingRecord
from watchword.domain.applications import GroupId
from watchword.domain.events import Activity
from watchword.domain.users import Person, Resolution, Unknown, fold
from watchword.domain.verification import ActivityId, Reason
from watchword.kit.clock import Clock
from watchword.kit.identifiers import Identifiers
from watchword.ports.login import Committed, Ledger, People, StoreAway, Unit

_LOST: Final = False


class Accounting:
    """Writes down what is reported; a report is acknowledged only once it is durable."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        people: People,
        clock: Clock,
        identifiers: Identifiers,
        group: GroupId,
        server: str,
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._clock = clock
        self._identifiers = identifiers
        self._group = group
        self._server = server

    def record(self, record: AccountingRecord, done: Callable[[bool], None]) -> None:
        """Write a report down, and call `done` with whether it is durable."""

        def resolved(resolution: Resolution) -> None:
            self._ledger.commit(
                Unit(writes=(), activity=(self._row(record, resolution),)),
                lambda result: done(result is Committed.TAKEN),
            )

        name = fold(record.user_name)
        if name is None:
            # Accounting-On has no user; a report that is never acknowledged comes again for ever (RFC 2866 section 2).
            resolved(Unknown())
            return
        try:
            self._people.resolve(name, resolved)
        except StoreAway:
            done(_LOST)

    def _row(self, record: AccountingRecord, resolution: Resolution) -> Activity:
        user = resolution.user if isinstance(resolution, Person) else None
        return Activity(
            id=ActivityId(self._identifiers.new()),
            at=self._clock.now(),
            group=self._group,
            kind=None,
            reason=Reason.ACCOUNTING,
            user=None if user is None else user.id,
            user_name=record.user_name if user is None else user.username,
            epoch=0 if user is None else user.epoch,
            application=record.application.id,
            authentication_type=record.application.authentication_type,
            client=record.client,
            source=record.source,
            server=self._server,
            detail=" ".join(part for part in (record.status, record.session, record.detail) if part),
        )
