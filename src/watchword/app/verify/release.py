"""
One release: a verification has ended, and the requests that waited for it are answered.

The first of them bears what the end writes (the bypass that lets through, the denial that is counted once); those that
joined bear a row each.
"""

from collections.abc import Callable
from typing import Protocol

from watchword.app.pending import Ended, PendingLogin, Waiter
from watchword.app.verify.parts import Parts, guarded
from watchword.app.verify.remembering import keep, remembering
from watchword.app.verify.writes import Ending, bypass_used, ending, lost
from watchword.domain import policy
from watchword.domain.events import Activity, Audit
from watchword.domain.lockout import Prompts, count_success
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Person, UserId
from watchword.domain.verification import (
    Allowed,
    Denied,
    OutcomeKind,
    Reason,
    VerificationRequest,
    VerificationState,
)
from watchword.ports.login import (
    Committed,
    ConfirmEpoch,
    SetFailures,
    SetPrompts,
    SpendBypass,
    SpendState,
    StoreAway,
    Unit,
    Write,
)

_SAID = {
    Reason.PUSH: Answer.APPROVED,
    Reason.CODE: Answer.RIGHT,
    Reason.BYPASS: Answer.YES,
    Reason.DENIED_BY_USER: Answer.DENIED,
    Reason.FRAUD: Answer.FRAUD,
    Reason.NO_ANSWER: Answer.NO_ANSWER,
    Reason.WRONG_NUMBER: Answer.WRONG,
}


class Surroundings(Protocol):
    """What a release tells of itself: `releases.Releases`."""

    def let_go(self, waiter: Waiter) -> None:
        """A request is about to be answered."""

    def quiet(self, person: Person, login: PendingLogin) -> None:
        """A prompt is over."""

    def invalidate(self, user: UserId | None) -> None:
        """A user's epoch has moved."""


class Release:
    """
    Answers the requests that waited for one verification. It holds the user's turn until the last of them is committed.
    """

    def __init__(self, parts: Parts, releases: Surroundings, login: PendingLogin, waiters: list[Waiter]) -> None:
        self._parts = parts
        self._releases = releases
        self._login = login
        self._waiters = waiters
        self._person: Person | None = None
        self._outstanding = 0
        self._holds_turn = False

    def run(self) -> None:
        """Load the user as he is now, and answer."""
        self._holds_turn = True
        try:
            self._parts.people.load(self._login.user, guarded(self, self._loaded))
        except StoreAway:
            self.deny_all(Reason.ERROR)

    def fail(self) -> None:
        """End by a bug of ours: everybody who still waits is denied."""
        self._parts.fault("release")
        self.deny_all(Reason.ERROR)

    def deny_all(self, reason: Reason) -> None:
        """Answer without writing anything."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            self._releases.let_go(waiter)
            waiter.done(Denied(reason=reason))
        self._yield_turn()

    def _yield_turn(self) -> None:
        if self._holds_turn and not self._outstanding:
            self._holds_turn = False
            self._parts.turns.give(self._login.user)

    def _loaded(self, person: Person | None) -> None:
        self._person = person
        if person is not None:
            self._releases.quiet(person, self._login)
        if self._login.state is VerificationState.ALLOWED:
            self._allow_next(person)
        else:
            self._deny()
        self._yield_turn()

    def _allow_next(self, person: Person | None) -> None:
        """
        Let the leader pass, and nobody else before his row is committed: whoever joined passes by what he spent.

        Args:
            person: the user as he is after the last commit.
        """
        self._person = person
        waiters, self._waiters = self._waiters, []
        if not self._login.released and len(waiters) > 1:
            self._waiters = waiters[1:]
            waiters = waiters[:1]
        for waiter in waiters:
            self._allow(waiter)

    def _commit(self, unit: Unit, done: Callable[[Committed], None]) -> None:
        self._outstanding += 1

        def committed(result: Committed) -> None:
            self._outstanding -= 1
            try:
                done(result)
            finally:
                self._yield_turn()

        self._parts.ledger.commit(unit, guarded(self, committed))

    def _row(
        self, request: VerificationRequest, kind: OutcomeKind, reason: Reason, trace: Trace, *, joined: bool = False
    ) -> Activity:
        return self._parts.recorder.row(
            request,
            kind,
            reason,
            trace,
            user=None if self._person is None else self._person.user,
            bypass=self._login.bypass if reason is Reason.BYPASS else None,
            origin=self._login.origin if joined or self._login.challenged else None,
        )

    # --- allowed ----------------------------------------------------------------------------------

    def _allow(self, waiter: Waiter) -> None:
        login, parts, person = self._login, self._parts, self._person
        in_time = parts.clock.monotonic() < waiter.request.deadline
        application = parts.configuration.value.applications.get(waiter.request.application)
        denied, still = policy.release(application, person, epoch=login.epoch, now=parts.clock.now(), in_time=in_time)
        said = Step(Question.ANSWER, _SAID[login.reason], decided=True)
        trace = (*waiter.trace, said, still)
        if denied is not None or person is None:
            self._reject(waiter, denied or Reason.ERROR, trace)
            self._after_leader(taken=False)
            return
        leads = not login.released
        row = self._row(
            waiter.request, OutcomeKind.ALLOWED, login.reason if leads else Reason.JOINED, trace, joined=not leads
        )
        missed = (*trace, lost(Reason.SUPERSEDED))
        unit = Unit(
            writes=self._writes(waiter, person, leads=leads),
            activity=(row,),
            audit=self._bypass_audit(person, row) if leads and login.bypass is not None else (),
            otherwise=(self._row(waiter.request, OutcomeKind.DENIED, Reason.SUPERSEDED, missed),),
        )
        self._commit(unit, lambda result: self._allowed(result, waiter, row, leads=leads))

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
        if leads and login.reason is Reason.PUSH:
            failures = count_success(person.failures, waiter.request.source)
            if failures is not person.failures:
                writes.append(SetFailures(user=user.id, failures=failures, bump=False))
            if person.prompts != Prompts():
                writes.append(SetPrompts(user=user.id, prompts=Prompts(), bump=False))
        return tuple(writes)

    def _bypass_audit(self, person: Person, row: Activity) -> tuple[Audit, ...]:
        return (bypass_used(self._parts, person, self._login.bypass, row),)

    def _allowed(self, result: Committed, waiter: Waiter, row: Activity, *, leads: bool) -> None:
        login, parts = self._login, self._parts
        self._releases.let_go(waiter)
        if result is not Committed.TAKEN:
            waiter.done(Denied(reason=Reason.SUPERSEDED if result is Committed.REFUSED else Reason.ERROR))
            self._after_leader(taken=False)
            return
        epoch = row.epoch
        if leads:
            login.released, login.origin = True, row.id
            epoch = login.epoch = row.epoch + (login.bypass is not None)
            now = parts.clock.monotonic()
            parts.pending.remember(
                login.keys, Ended(OutcomeKind.ALLOWED, login.reason, row.id, waiter.attributes, epoch, now)
            )
            self._keep(row, epoch)
        else:
            parts.metrics.joins.add()
        waiter.done(Allowed(reason=row.reason, activity=row.id, epoch=epoch, attributes=waiter.attributes))
        if leads:
            self._after_leader(taken=True)

    def _keep(self, row: Activity, epoch: int) -> None:
        login, parts = self._login, self._parts
        if login.bypass is not None:
            parts.metrics.bypass_uses.add()
            self._releases.invalidate(login.user)
            return
        application = parts.configuration.value.applications.get(login.leader.application)
        if application is not None:
            found = remembering(parts, login.leader, application, login.user)
            keep(parts, found, login.leader, application, epoch=epoch, origin=row.id)

    def _after_leader(self, *, taken: bool) -> None:
        """Release those who joined, now that it is known what became of their leader."""
        if not self._waiters:
            return
        if taken:
            self._parts.people.load(self._login.user, guarded(self, self._allow_next))
        else:
            self.deny_all(Reason.SUPERSEDED)

    # --- denied -----------------------------------------------------------------------------------

    def _deny(self) -> None:
        """Count the denial once, whoever waits, and answer all."""
        login, parts, person = self._login, self._parts, self._person
        reason, step = self._why()
        counted = Ending() if person is None or not login.rings else ending(parts, person, reason, login.leader.source)
        waiters, self._waiters = self._waiters, []
        trace = (*(waiters[0].trace if waiters else ()), step)
        row = self._row(waiters[0].request if waiters else login.leader, OutcomeKind.DENIED, reason, trace)
        unit = Unit(writes=counted.writes, activity=(row,), audit=counted.audit)
        self._commit(unit, lambda result: self._denied(result, row, waiters, counted))

    def _why(self) -> tuple[Reason, Step]:
        login, parts = self._login, self._parts
        if login.reason is not Reason.ERROR:
            said = _SAID.get(login.reason, Answer.STALE)
            return login.reason, Step(Question.ANSWER, said, decided=True, detail=login.reason.value)
        application = parts.configuration.value.applications.get(login.leader.application)
        reason, step = policy.release(application, self._person, epoch=login.epoch, now=parts.clock.now(), in_time=True)
        if reason is None:
            return Reason.SUPERSEDED, Step(Question.RELEASE, Answer.STALE, decided=True)
        return reason, step

    def _denied(self, result: Committed, row: Activity, waiters: list[Waiter], counted: Ending) -> None:
        login, parts = self._login, self._parts
        epoch = row.epoch + counted.bumps
        if result is Committed.TAKEN:
            if login.reason is not Reason.ERROR:
                # What ended only because something else happened to the user says nothing about the next try: the
                # bypass that ended it has just let the same login through.
                ended = Ended(OutcomeKind.DENIED, row.reason, row.id, (), epoch, parts.clock.monotonic())
                parts.pending.remember(login.keys, ended)
            if counted.bumps:
                self._releases.invalidate(login.user)
        for number, waiter in enumerate(waiters):
            if number or result is Committed.FAILED:
                self._reject(waiter, row.reason, row.trace, joined=True)
            else:
                self._spend(waiter)
                waiter.done(Denied(reason=row.reason, activity=row.id, epoch=epoch))

    def _spend(self, waiter: Waiter) -> None:
        """Spend the State that a denied request came with; it was spoken for until now."""
        self._releases.let_go(waiter)
        if waiter.spends is not None:
            self._parts.ledger.commit(Unit(writes=(SpendState(digest=waiter.spends),), activity=()), _nobody_waits)

    def deny_alone(self, waiter: Waiter, reason: Reason, step: Step) -> None:
        """Deny one request and let its verification go on."""
        self._reject(waiter, reason, (*waiter.trace, step))

    def _reject(self, waiter: Waiter, reason: Reason, trace: Trace, *, joined: bool = False) -> None:
        self._spend(waiter)
        row = self._row(waiter.request, OutcomeKind.DENIED, reason, trace, joined=joined)
        self._parts.recorder.reject(row, lambda written: waiter.done(Denied(reason=reason, activity=written)))


def _nobody_waits(_result: Committed) -> None:
    """A State that is spent with a denial lets nobody in either way."""
