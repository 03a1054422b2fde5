"""
One request on its way through the decision: what is known of it, its user's turn, and its one answer.
"""

from collections.abc import Callable

from watchword.app.verify.parts import Parts
from watchword.app.verify.remembering import Remembering
from watchword.domain.applications import Application
from watchword.domain.bypass import BypassId
from watchword.domain.events import Activity
from watchword.domain.joining import LoginKey
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

LATE = Step(Question.RELEASE, Answer.NO_ANSWER, decided=True)
"""The step of a login whose application waits no more."""

_CHANGED = Step(Question.RELEASE, Answer.STALE, decided=True, detail="the application was changed")
_CROWDED = Step(Question.THROTTLE, Answer.WAITING, decided=True, detail="too many logins of the user wait")

_NOBODY = Unknown()
_FORGETTING = Remembering()


class Case:
    """
    A request that is being decided.

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
        origin: the row of the success that a live cache entry came from.
    """

    def __init__(
        self, parts: Parts, request: VerificationRequest, application: Application, done: Callable[[Outcome], None]
    ) -> None:
        self.parts = parts
        self.request = request
        self.application = application
        self.resolution: Resolution = _NOBODY
        self.person: Person | None = None
        self.epoch = 0
        self.attributes: Attributes = ()
        self.learns: bytes | None = None
        self.remembering = _FORGETTING
        self.keys: tuple[LoginKey, ...] = ()
        self.spends: bytes | None = None
        self.origin: ActivityId | None = None
        self._leave: Callable[[], None] | None = None
        self._done: Callable[[Outcome], None] | None = done
        self._turn: UserId | None = None

    def begin(self, user: UserId | None, run: Callable[[], None]) -> None:
        """Run `run` once no other decision about `user` is under way."""

        def take() -> None:
            self._turn = user
            run()

        if user is None:
            run()
        elif not self.parts.turns.take(user, take):
            self.reject(Reason.THROTTLED, (_CROWDED,))

    def identify(self, resolution: Resolution) -> None:
        """Take whom the name means."""
        self.resolution = resolution
        if isinstance(resolution, Person):
            self.person = resolution
            self.epoch = resolution.user.epoch

    def in_time(self) -> bool:
        """Tell whether the application still waits."""
        return self.parts.clock.monotonic() < self.request.deadline

    def refusal(self) -> tuple[Reason, Step] | None:
        """
        Return why a login that was found good may not pass after all, None where it may.

        It may not where the application waits no more, or is another one by now than the decision was made for (C9).
        The user's turn may have been long in coming; what befalls him the conditional writes find.
        """
        application = self.parts.configuration.value.applications.get(self.request.application)
        if application is None or not application.enabled or application.version != self.application.version:
            return Reason.SUPERSEDED, _CHANGED
        return None if self.in_time() else (Reason.NO_ANSWER, LATE)

    def row(
        self,
        kind: OutcomeKind,
        reason: Reason,
        trace: Trace,
        *,
        bypass: BypassId | None = None,
        origin: ActivityId | None = None,
    ) -> Activity:
        """Make the row of activity of this request."""
        rule = self.remembering.rule if reason is Reason.CACHE else None
        return self.parts.recorder.row(
            self.request,
            kind,
            reason,
            trace,
            user=None if self.person is None else self.person.user,
            rule=None if rule is None else rule.id,
            bypass=bypass,
            origin=origin,
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
            self.yield_turn()

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
