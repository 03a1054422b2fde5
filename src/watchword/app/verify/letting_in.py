"""
A verification that ended well.

The leader passes by what the phone, a code or a bypass proved, the others by having joined him.
"""

from watchword.app.pending import Ended, Waiter
from watchword.app.verify.parts import Parts, not_taken
from watchword.app.verify.remembering import keep, remembering
from watchword.app.verify.waiters import Waiters
from watchword.app.verify.writes import bypass_used
from watchword.domain import policy
from watchword.domain.decisions import Released, Stale
from watchword.domain.events import Activity
from watchword.domain.lockout import Prompts, count_success
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Person
from watchword.domain.verification import Allowed, OutcomeKind, Reason
from watchword.ports.login import (
    Committed,
    ConfirmEpoch,
    LearnDirectoryId,
    SetFailures,
    SetPrompts,
    SpendBypass,
    SpendState,
    Unit,
    Write,
)

_LEADER_REFUSED = Step(
    Question.RELEASE, Answer.STALE, decided=True, detail="the login that this one joined was refused"
)
_SAID = {Reason.PUSH: Answer.APPROVED, Reason.CODE: Answer.RIGHT, Reason.BYPASS: Answer.YES}


class LettingIn:
    """Lets the leader pass, and nobody else before his row is committed."""

    def __init__(self, waiters: Waiters) -> None:
        self._waiters = waiters
        self._login = waiters.login
        self._parts: Parts = waiters.parts

    def run(self, person: Person | None) -> None:
        """Release whoever is next: the leader alone, or everybody where he has passed."""
        for waiter in tuple(self._waiters.open) if self._login.released else tuple(self._waiters.open[:1]):
            self._allow(waiter, person)

    def _allow(self, waiter: Waiter, person: Person | None) -> None:
        login, parts = self._login, self._parts
        in_time = parts.clock.monotonic() < waiter.request.deadline
        application = parts.configuration.value.applications.get(waiter.request.application)
        still = policy.release(application, person, epoch=login.epoch, now=parts.clock.now(), in_time=in_time)
        trace = (*waiter.trace, Step(Question.ANSWER, _SAID[login.reason], decided=True), still.step)
        leads = not login.released
        if person is None or not isinstance(still, Released):
            self._deny(waiter, still.reason if isinstance(still, Stale) else Reason.ERROR, trace, leads=leads)
            return
        reason = login.reason if leads else Reason.JOINED
        row = self._waiters.row(waiter.request, OutcomeKind.ALLOWED, reason, trace, joined=not leads)
        bypassed = leads and login.bypass is not None
        unit = Unit(
            writes=self._writes(waiter, person, leads=leads),
            activity=(row,),
            audit=(bypass_used(parts, person, login.bypass, row),) if bypassed else (),
            otherwise=Reason.SUPERSEDED,
        )
        self._waiters.commit(unit, lambda result: self._allowed(result, waiter, row, leads=leads))

    def _deny(self, waiter: Waiter, reason: Reason, trace: Trace, *, leads: bool) -> None:
        """Deny a request, and with the leader everybody who joined him."""
        self._waiters.reject(waiter, reason, trace)
        if leads:
            self._deny_others(waiter, reason)

    def _deny_others(self, leader: Waiter, reason: Reason) -> None:
        for waiter in tuple(self._waiters.open):
            if waiter is not leader:
                self._waiters.reject(waiter, reason, (*waiter.trace, _LEADER_REFUSED), joined=True)

    def _writes(self, waiter: Waiter, person: Person, *, leads: bool) -> tuple[Write, ...]:
        login, user = self._login, person.user
        writes: list[Write] = []
        if leads and login.bypass is not None:
            writes.append(
                SpendBypass(
                    bypass=login.bypass,
                    user=user.id,
                    epoch=user.epoch,
                    at=self._parts.clock.now(),
                    application=waiter.request.application,
                    source=waiter.request.source,
                )
            )
        else:
            writes.append(ConfirmEpoch(user=user.id, epoch=user.epoch))
        if waiter.spends is not None:
            writes.append(SpendState(digest=waiter.spends))
        if leads and login.learns is not None and user.directory_id is None:
            writes.append(LearnDirectoryId(user=user.id, directory_id=login.learns))
        if leads and login.reason is Reason.PUSH:
            failures = count_success(person.failures, waiter.request.source)
            if failures is not person.failures:
                writes.append(SetFailures(user=user.id, failures=failures, bump=False))
            if person.prompts != Prompts():
                writes.append(SetPrompts(user=user.id, prompts=Prompts(), bump=False))
        return tuple(writes)

    def _allowed(self, result: Committed, waiter: Waiter, row: Activity, *, leads: bool) -> None:
        if result is not Committed.TAKEN:
            denied = not_taken(result, row, Reason.SUPERSEDED)
            self._waiters.tell(waiter, denied)
            if leads:
                self._deny_others(waiter, denied.reason)
            return
        epoch = self._remember(waiter, row) if leads else row.epoch
        passed = Allowed(reason=row.reason, activity=row.id, epoch=epoch, attributes=waiter.attributes)
        self._waiters.tell(waiter, passed)
        if leads and self._waiters.open:
            self._waiters.load(self.run)

    def _remember(self, waiter: Waiter, row: Activity) -> int:
        """Let repetitions, the caching rule and later answers know; return the epoch in which the login passed."""
        login, parts = self._login, self._parts
        login.released, login.origin = True, row.id
        login.epoch = row.epoch + (login.bypass is not None)
        now = parts.clock.monotonic()
        ended = Ended(OutcomeKind.ALLOWED, login.reason, row.id, waiter.attributes, login.epoch, now)
        parts.pending.remember(login.keys, ended)
        parts.pending.forget(login)
        application = parts.configuration.value.applications.get(login.leader.application)
        if login.bypass is not None:
            parts.metrics.bypass_uses.add()
            self._waiters.surroundings.invalidate(login.user)
        elif application is not None:
            found = remembering(parts, login.leader, application, login.user)
            keep(parts, found, login.leader, application, epoch=login.epoch, origin=row.id)
        return login.epoch
