"""
Refusing a login: what counts is counted in the transaction of its row, and what does not changes nothing.
"""

from watchword.app.pending import Ended
from watchword.app.verify.case import Case, Part
from watchword.app.verify.parts import guarded
from watchword.app.verify.writes import Ending, failing
from watchword.domain.decisions import Deny
from watchword.domain.events import Activity
from watchword.domain.users import Person
from watchword.domain.verification import Denied, OutcomeKind, Reason
from watchword.ports.login import Committed, NoteResync, SpendState, Unit


class Denying(Part):
    """Carries `Deny` out."""

    __slots__ = ("_counted", "_decision", "_row")

    _counted: Ending
    _row: Activity

    def __init__(self, case: Case, decision: Deny) -> None:
        super().__init__(case)
        self._decision = decision

    def deny(self) -> None:
        """Count a wrong second step, or just say no."""
        case, person, decision = self._case, self._case.person, self._decision
        if person is not None and decision.reason is Reason.CONTENDED:
            case.releases.contend(person)
        if person is None or not decision.counts:
            case.reject(decision.reason, decision.trace)
        else:
            self._count(person)

    def _count(self, person: Person) -> None:
        case, decision = self._case, self._decision
        counted = self._counted = failing(case.parts, person, case.request.source)
        writes = counted.writes
        if decision.resync is not None:
            writes = (*writes, NoteResync(method=decision.resync[0], counter=decision.resync[1]))
        self._row = case.row(OutcomeKind.DENIED, decision.reason, decision.trace)
        if case.spends is not None:
            # A State is spent by its first answer, right or wrong. It is a unit of its own, so that a failure is
            # counted even where the State was spent before.
            case.parts.ledger.commit(Unit(writes=(SpendState(digest=case.spends),), activity=()), _nobody_waits)
        case.parts.ledger.commit(Unit(writes=writes, activity=(self._row,), audit=counted.audit), self._committed)

    @guarded
    def _committed(self, result: Committed) -> None:
        case, row, counted = self._case, self._row, self._counted
        epoch = row.epoch + counted.bumps
        if result is Committed.TAKEN:
            now = case.parts.clock.monotonic()
            case.parts.pending.remember(case.keys, Ended(OutcomeKind.DENIED, row.reason, row.id, (), epoch, now))
            if counted.bumps:
                case.releases.invalidate(row.user)
        written = row.id if result is Committed.TAKEN else None
        case.finish(Denied(reason=row.reason, activity=written, epoch=epoch))


def _nobody_waits(_result: Committed) -> None:
    """A State that is spent with a denial lets nobody in either way."""
