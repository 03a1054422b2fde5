"""
A verification that let nobody in: the denial is counted once, whoever waits, and everybody is told.
"""

from watchword.app.pending import Ended, Waiter
from watchword.app.verify.waiters import Waiters
from watchword.app.verify.writes import Ending, ending
from watchword.domain import policy
from watchword.domain.decisions import Stale
from watchword.domain.events import Activity
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Person
from watchword.domain.verification import Denied, OutcomeKind, Reason
from watchword.ports.login import Committed, Unit

_SAID = {
    Reason.DENIED_BY_USER: Answer.DENIED,
    Reason.FRAUD: Answer.FRAUD,
    Reason.NO_ANSWER: Answer.NO_ANSWER,
    Reason.WRONG_NUMBER: Answer.WRONG,
}


_SAYS_NOTHING = frozenset({Reason.ERROR, Reason.SUPERSEDED})
"""
Of what ended only because something else happened: it says nothing about the next try.

The bypass that ended it has just let the same login through, or a code was mistyped and the user begins anew.
"""


def answer_of(reason: Reason) -> Step:
    """Return the step that tells why a verification in progress let nobody in."""
    return Step(Question.ANSWER, _SAID.get(reason, Answer.STALE), decided=True, detail=reason.value)


class TurningAway:
    """Denies everybody who waited."""

    def __init__(self, waiters: Waiters, *, counts: bool) -> None:
        self._waiters = waiters
        self._counts = counts
        self._login = waiters.login
        self._parts = waiters.parts

    def run(self, person: Person | None) -> None:
        """Count what is to be counted, in the transaction of the first row."""
        login, first = self._login, next(iter(self._waiters.open), None)
        reason, step = self._why(person)
        source = login.leader.source
        counted = ending(self._parts, person, reason, source) if person is not None and self._counts else Ending()
        request = login.leader if first is None else first.request
        trace = (*(() if first is None else first.trace), step)
        row = self._waiters.row(request, OutcomeKind.DENIED, reason, trace)
        unit = Unit(writes=counted.writes, activity=(row,), audit=counted.audit)
        self._waiters.commit(unit, lambda result: self._denied(result, row, first, counted, step))

    def _why(self, person: Person | None) -> tuple[Reason, Step]:
        login, parts = self._login, self._parts
        if login.reason is not Reason.ERROR:
            return login.reason, answer_of(login.reason)
        application = parts.configuration.value.applications.get(login.leader.application)
        still = policy.release(application, person, epoch=login.epoch, now=parts.clock.now(), in_time=True)
        if isinstance(still, Stale):
            return still.reason, still.step
        return Reason.SUPERSEDED, Step(Question.RELEASE, Answer.STALE, decided=True)

    def _denied(self, result: Committed, row: Activity, first: Waiter | None, counted: Ending, step: Step) -> None:
        login, parts = self._login, self._parts
        epoch = row.epoch + counted.bumps
        if result is Committed.TAKEN:
            login.origin = row.id
            if login.reason not in _SAYS_NOTHING:
                ended = Ended(OutcomeKind.DENIED, row.reason, row.id, (), epoch, parts.clock.monotonic())
                parts.pending.remember(login.keys, ended)
            if counted.bumps:
                self._waiters.surroundings.invalidate(login.user)
            if first is not None:
                self._waiters.spend(first)
                self._waiters.tell(first, Denied(reason=row.reason, activity=row.id, epoch=epoch))
        for waiter in tuple(self._waiters.open):
            self._waiters.reject(waiter, row.reason, (*waiter.trace, step), joined=True)
