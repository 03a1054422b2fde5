"""
The requests that waited for a verification which has ended, until each of them is answered.

Whatever goes wrong on the way, each is answered once: what is still open when a step fails is denied.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from watchword.app.pending import PendingLogin, Waiter
from watchword.app.verify.parts import Parts, guarded
from watchword.domain.events import Activity
from watchword.domain.trace import Trace
from watchword.domain.users import Person, UserId
from watchword.domain.verification import Denied, Outcome, OutcomeKind, Reason, VerificationRequest
from watchword.ports.login import Committed, SpendState, StoreAway, Unit

_OF_THE_PHONE: Final = frozenset({Reason.PUSH, Reason.DENIED_BY_USER, Reason.FRAUD, Reason.WRONG_NUMBER})
"""Reasons that a phone's answer has."""


class Surroundings(Protocol):
    """What a release tells of itself: `releases.Releases`."""

    def let_go(self, waiter: Waiter) -> None:
        """A request waits no more."""

    def invalidate(self, user: UserId | None) -> None:
        """A user's epoch has moved."""


class Waiters:
    """The open requests of one release, and the turn of their user, which is held until nothing of it is under way."""

    def __init__(self, parts: Parts, surroundings: Surroundings, login: PendingLogin, waiters: list[Waiter]) -> None:
        self.parts = parts
        self.surroundings = surroundings
        self.login = login
        self.open = list(waiters)
        self.person: Person | None = None
        self._outstanding = 0
        self._holds_turn = False

    def take_turn(self, run: Callable[[], None]) -> None:
        """
        Run `run` once no other decision about the user is under way.

        However many wait: a phone's no is heard in a crowd too.
        """
        self.parts.turns.take(self.login.user, partial(self._enter, run), most=None)

    def _enter(self, run: Callable[[], None]) -> None:
        self._holds_turn = True
        try:
            self._run(run)
        finally:
            self._yield_turn()

    @guarded
    def _run(self, step: Callable[[], None]) -> None:
        step()

    def tell(self, waiter: Waiter, outcome: Outcome) -> None:
        """Answer a request."""
        if waiter in self.open:
            self.open.remove(waiter)
            self.surroundings.let_go(waiter)
            waiter.done(outcome)

    def fail(self, problem: Exception) -> None:
        """End by what a step has raised: deny everybody who is still open, without writing anything."""
        try:
            if not isinstance(problem, StoreAway):
                self.parts.fault("release")
        finally:
            for waiter in tuple(self.open):
                self.tell(waiter, Denied(reason=Reason.ERROR))

    def commit(self, unit: Unit, done: Callable[[Committed], None]) -> None:
        """Commit a unit; the turn is held until `done` has run."""
        self._outstanding += 1
        try:
            self.parts.ledger.commit(unit, partial(self._committed, done))
        except BaseException:
            self._outstanding -= 1
            raise

    def _committed(self, done: Callable[[Committed], None], result: Committed) -> None:
        self._outstanding -= 1
        try:
            self._run(partial(done, result))
        finally:
            self._yield_turn()

    def load(self, done: Callable[[Person | None], None]) -> None:
        """Load the user as he is after the last commit."""
        self.parts.people.load(self.login.user, partial(self._loaded, done))

    def _loaded(self, done: Callable[[Person | None], None], person: Person | None) -> None:
        self.person = person
        self._run(partial(done, person))

    def row(
        self, request: VerificationRequest, kind: OutcomeKind, reason: Reason, trace: Trace, *, joined: bool = False
    ) -> Activity:
        """Make the row of a request."""
        row = self.parts.recorder.row(
            request,
            kind,
            reason,
            trace,
            at=self.parts.clock.now(),
            user=None if self.person is None else self.person.user,
            bypass=self.login.bypass if reason is Reason.BYPASS else None,
            origin=self.login.origin if joined or self.login.challenged else None,
        )
        return row._replace(asked_at=self.login.since) if reason in _OF_THE_PHONE and not joined else row

    def reject(self, waiter: Waiter, reason: Reason, trace: Trace, *, joined: bool = False) -> None:
        """Deny a request without changing anything but the row that says so."""
        self.spend(waiter)
        row = self.row(waiter.request, OutcomeKind.DENIED, reason, trace, joined=joined)
        self.parts.recorder.reject(row, lambda written: self.tell(waiter, Denied(reason=reason, activity=written)))

    def spend(self, waiter: Waiter) -> None:
        """Spend the State that a denied request came with; it was spoken for until now."""
        if waiter.spends is not None:
            self.parts.ledger.commit(Unit(writes=(SpendState(digest=waiter.spends),), activity=()), _nobody_waits)

    def _yield_turn(self) -> None:
        if self._holds_turn and not self._outstanding:
            self._holds_turn = False
            self.parts.turns.give(self.login.user)


def _nobody_waits(_result: Committed) -> None:
    """A State that is spent with a denial lets nobody in either way."""
