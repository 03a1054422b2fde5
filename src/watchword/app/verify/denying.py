"""
Refusing a login: what counts is counted in the transaction of its row, and what does not changes nothing.
"""

from watchword.app.pending import Ended
from watchword.app.verify.case import Case
from watchword.app.verify.parts import guarded
from watchword.app.verify.releases import Releases
from watchword.app.verify.writes import Ending, failing
from watchword.domain.decisions import Deny
from watchword.domain.events import Activity
from watchword.domain.verification import Denied, OutcomeKind, Reason
from watchword.ports.login import Committed, NoteResync, SpendState, Unit, Write


class Denying:
    """Carries `Deny` out."""

    def __init__(self, case: Case, releases: Releases) -> None:
        self._case = case
        self._releases = releases

    def deny(self, decision: Deny) -> None:
        """Count a wrong second step, or just say no."""
        case, person = self._case, self._case.person
        if person is not None and decision.reason is Reason.CONTENDED:
            self._releases.contend(person)
        if person is None or not decision.counts:
            case.reject(decision.reason, decision.trace)
            return
        counted = failing(case.parts, person, case.request.source)
        writes: list[Write] = list(counted.writes)
        if decision.resync is not None:
            writes.append(NoteResync(method=decision.resync[0], counter=decision.resync[1]))
        row = case.row(OutcomeKind.DENIED, decision.reason, decision.trace)
        if case.spends is not None:
            # A State is spent by its first answer, right or wrong. It is a unit of its own, so that a failure is
            # counted even where the State was spent before.
            case.parts.ledger.commit(Unit(writes=(SpendState(digest=case.spends),), activity=()), _nobody_waits)
        unit = Unit(writes=tuple(writes), activity=(row,), audit=counted.audit)
        case.parts.ledger.commit(unit, guarded(case, lambda result: self._denied(result, row, counted)))

    def _denied(self, result: Committed, row: Activity, counted: Ending) -> None:
        case = self._case
        epoch = row.epoch + counted.bumps
        if result is Committed.TAKEN:
            now = case.parts.clock.monotonic()
            case.parts.pending.remember(case.keys, Ended(OutcomeKind.DENIED, row.reason, row.id, (), epoch, now))
            if counted.bumps:
                self._releases.invalidate(row.user)
        written = row.id if result is Committed.TAKEN else None
        case.finish(Denied(reason=row.reason, activity=written, epoch=epoch))


def _nobody_waits(_result: Committed) -> None:
    """A State that is spent with a denial lets nobody in either way."""
