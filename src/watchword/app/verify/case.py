"""
One request on its way through the decision: what is known of it, its user's turn, and its one answer.
"""

from collections.abc import Callable
from functools import partial

from watchword.app.verify.parts import Parts, guarded
from watchword.app.verify.releases import Releases
from watchword.app.verify.remembering import Remembering
from watchword.domain.applications import Application
from watchword.domain.bypass import BypassId
from watchword.domain.decisions import Released, Stale
from watchword.domain.events import Activity
from watchword.domain.joining import LoginKey
from watchword.domain.policy import RELEASED
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Person, Resolution, Unknown, UserId
from watchword.domain.verification import (
    ActivityId,
    Attributes,
    Denied,
    Outcome,
    OutcomeKind,
    Reason,
    VerificationRequest,
)
from watchword.ports.login import StoreAway

LATE = Stale(Reason.NO_ANSWER, Step(Question.RELEASE, Answer.NO_ANSWER, decided=True))
"""Of a login whose application waits no more."""

_CHANGED = Stale(
    Reason.SUPERSEDED, Step(Question.RELEASE, Answer.STALE, decided=True, detail="the application was changed")
)
_CROWDED = Step(Question.THROTTLE, Answer.WAITING, decided=True, detail="too many logins of the user wait")


class Case:
    """
    A request that is being decided; `gating`, `deciding` and `answering` are the ways to do it.

    It holds its user's turn from `begin` until it is answered, or until it waits for a phone.

    Attributes:
        application: as it is in force when the decision begins.
        resolution: whom the name means; `person` is the user, None where it means nobody.
        epoch: the user's when the decision began.
        attributes: what goes into the Access-Accept.
        learns: the directory's identifier of the person whose password it has checked.
        remembering: the caching rule that decides, and the key under it.
        keys: by which the same login is found.
        spends: digest of the State that the request answers.
        origin: the row that says that it was challenged.
        detail: the directory's own word for why it refused the password.
    """

    # What a case has not come to know yet.
    resolution: Resolution = Unknown()
    person: Person | None = None
    epoch = 0
    attributes: Attributes = ()
    learns: bytes | None = None
    remembering = Remembering()
    keys: tuple[LoginKey, ...] = ()
    spends: bytes | None = None
    origin: ActivityId | None = None
    detail = ""
    _leave: Callable[[], None] | None = None
    _turn: UserId | None = None

    def __init__(
        self,
        parts: Parts,
        releases: Releases,
        request: VerificationRequest,
        application: Application,
        done: Callable[[Outcome], None],
    ) -> None:
        self.parts = parts
        self.releases = releases
        self.request = request
        self.application = application
        self._done: Callable[[Outcome], None] | None = done

    def gather(self) -> None:
        """Load what the decision reads; its user's turn has come."""
        raise NotImplementedError

    @guarded
    def begin(self, user: UserId | None) -> None:
        """Gather once no other decision about `user` is under way."""
        if user is None or self.parts.turns.enter(user):
            self._turn = user
            self.gather()
        elif not self.parts.turns.take(user, partial(self._enter, user)):
            self.reject(Reason.THROTTLED, (_CROWDED,))

    @guarded
    def _enter(self, user: UserId) -> None:
        self._turn = user
        self.gather()

    def identify(self, resolution: Resolution) -> None:
        """Take whom the name means."""
        self.resolution = resolution
        if isinstance(resolution, Person):
            self.person = resolution
            self.epoch = resolution.user.epoch

    def release(self) -> Released | Stale:
        """
        Tell whether a login that was found good may still pass.

        It may not where the application waits no more, or is another one by now than the decision was made for (C9).
        The user's turn may have been long in coming; what befalls him the conditional writes find.
        """
        application = self.parts.configuration.value.applications.get(self.request.application)
        if application is None or not application.enabled or application.version != self.application.version:
            return _CHANGED
        return RELEASED if self.in_time() else LATE

    def in_time(self) -> bool:
        """Tell whether the application still waits."""
        return self.parts.clock.monotonic() < self.request.deadline

    def row(
        self,
        kind: OutcomeKind,
        reason: Reason,
        trace: Trace,
        *,
        at: int | None = None,
        bypass: BypassId | None = None,
        origin: ActivityId | None = None,
    ) -> Activity:
        """Make the row of activity of this request, decided `at` (UTC microseconds, now where it is None)."""
        person, rule = self.person, self.remembering.rule
        return self.parts.recorder.row(
            self.request,
            kind,
            reason,
            trace,
            at=self.parts.clock.now() if at is None else at,
            user=None if person is None else person.user,
            rule=rule.id if rule is not None and reason is Reason.CACHE else None,
            bypass=bypass,
            origin=origin,
            detail=self.detail,
        )

    def reject(self, reason: Reason, trace: Trace, *, origin: ActivityId | None = None) -> None:
        """Deny without changing anything but the row that says so."""
        row = self.row(OutcomeKind.DENIED, reason, trace, origin=origin)
        self.parts.recorder.reject(row, lambda written: self.finish(Denied(reason=reason, activity=written)))

    def finish(self, outcome: Outcome) -> None:
        """Answer, once, and give the turn back."""
        done, self._done = self._done, None
        try:
            if done is not None:
                done(outcome)
        finally:
            if self._turn is not None:
                self.yield_turn()

    @guarded
    def told(self, outcome: Outcome) -> None:
        """Hear what came of the verification that it waits for."""
        self.finish(outcome)

    def yield_turn(self) -> None:
        """Let the next decision about the user begin, if this one still holds it up."""
        user, self._turn = self._turn, None
        if user is not None:
            self.parts.turns.give(user)

    def fail(self, problem: Exception) -> None:
        """End by what a step has raised: a denial."""
        try:
            if not isinstance(problem, StoreAway):
                self.parts.fault("decision")
        finally:
            self.finish(Denied(reason=Reason.ERROR))

    def waits(self, leave: Callable[[], None]) -> None:
        """Wait for a phone, and hold nobody up meanwhile; `leave` is called where the application no longer waits."""
        self._leave = leave
        self.yield_turn()
        if self._done is None:
            leave()

    def cancel(self) -> None:
        """Answer no more; what others wait for goes on."""
        self._done = None
        if self._leave is not None:
            self._leave()


class Part:
    """What carries a decision about a case out."""

    __slots__ = ("_case",)

    def __init__(self, case: Case) -> None:
        self._case = case

    def fail(self, problem: Exception) -> None:
        """End the case by what a step has raised."""
        self._case.fail(problem)
