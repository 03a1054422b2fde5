"""
The verification service: the `Verifier` of this process.

`gate` and `decide` are the two halves of a login's second step, `answer` takes the answer to a challenge, `refuse`
writes down what needed no decision.
"""

from collections.abc import Callable

from watchword.app.throttles import RecentlyWrong, ThrottleKey, WrongKey
from watchword.app.verify.answering import Answering
from watchword.app.verify.case import Case
from watchword.app.verify.gathering import Gathering
from watchword.app.verify.parts import Parts, guarded
from watchword.app.verify.releases import Releases
from watchword.domain import policy
from watchword.domain.applications import PrimaryKind
from watchword.domain.decisions import Deny
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Resolution, Unknown, fold
from watchword.domain.verification import (
    Denied,
    Outcome,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
    VerificationRequest,
)
from watchword.ports.login import StoreAway, Ticket, Waiting

_WRONG = {
    PrimaryVerdict.REJECTED: Reason.WRONG_PASSWORD,
    PrimaryVerdict.UNKNOWN: Reason.WRONG_PASSWORD,
    PrimaryVerdict.REFUSED: Reason.ACCOUNT_REFUSED,
}
"""Verdicts that the same password would only meet again, at the price of another strike at the directory."""

_NOBODY = Step(Question.USER, Answer.UNKNOWN, decided=True, detail="it can be nobody's name")
_JUST_NOW = Step(Question.JOIN, Answer.JOINED, decided=True, detail="the same password was refused a moment ago")


class VerificationService:
    """Decides every login of this process."""

    def __init__(self, parts: Parts, releases: Releases) -> None:
        self._parts = parts
        self._releases = releases
        self._wrong = RecentlyWrong(clock=parts.clock)

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Refuse whom no password helps; otherwise reserve an attempt."""
        case = self._case(request, done)
        name = fold(request.user_name)
        if case is None:
            done(Denied(reason=Reason.ERROR))
            return

        if name is None:
            # A directory may take it for somebody's all the same: many of them overlook blanks and what has no width.
            case.reject(Reason.UNKNOWN_USER, (_NOBODY,))
            return

        def resolved(found: Resolution) -> None:
            case.identify(found)
            self._gate(case, name, done)

        try:
            self._parts.people.resolve(name, guarded(case, resolved))
        except StoreAway:
            done(Denied(reason=Reason.ERROR))

    def _gate(self, case: Case, name: str, done: Callable[[Ticket | Outcome], None]) -> None:
        denied, trace = self._ask_gate(case, throttled=False)
        if denied is not None:
            case.reject(denied.reason, denied.trace)
            return
        ticket = Ticket(
            name=name,
            user=None if case.person is None else case.person.user.id,
            epoch=case.epoch,
            reserved=case.application.primary is not PrimaryKind.ASSERTED,
            trace=trace,
        )
        if not ticket.reserved or self._reserve(case, ticket):
            done(ticket)

    def _reserve(self, case: Case, ticket: Ticket) -> bool:
        """Reserve an attempt with the password; False, and denied, where it was wrong just now or must wait."""
        wrong = self._wrong.reason(_wrong_key(ticket, case.request))
        if wrong is not None:
            case.reject(wrong, (*ticket.trace, _JUST_NOW))
            return False
        limits = self._parts.configuration.value.settings.throttle
        if self._parts.throttles.admit(_throttle_key(ticket, case.request), case.request.proofs[0], limits):
            return True
        denied, trace = self._ask_gate(case, throttled=True)
        case.reject(*((Reason.ERROR, trace) if denied is None else (denied.reason, denied.trace)))
        return False

    def _ask_gate(self, case: Case, *, throttled: bool) -> tuple[Deny | None, Trace]:
        return policy.gate(case.application, case.resolution, throttled=throttled, now=self._parts.clock.now())

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        """Decide a login whose password has been checked."""
        if ticket.reserved:
            limits = self._parts.configuration.value.settings.throttle
            key = _throttle_key(ticket, request)
            self._parts.throttles.settle(key, request.proofs[0], primary.verdict, limits)
            if primary.verdict in _WRONG:
                self._wrong.remember(_wrong_key(ticket, request), _WRONG[primary.verdict])
        case = self._case(request, done)
        if case is None:
            done(Denied(reason=Reason.ERROR))
            return _Nothing()
        Gathering(case, ticket, primary, self._releases).begin()
        return case

    def answer(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Waiting:
        """Decide the answer to a challenge."""
        case = self._case(request, done)
        if case is None:
            done(Denied(reason=Reason.ERROR))
            return _Nothing()
        Answering(case, self._releases).begin()
        return case

    def refuse(self, request: VerificationRequest, reason: Reason, done: Callable[[Outcome], None]) -> None:
        """Write down a refusal that needed no decision."""
        case = self._case(request, done)
        if case is None:
            done(Denied(reason=Reason.ERROR))
            return
        question = Question.PROTOCOL if reason is Reason.UNSUPPORTED_PROTOCOL else Question.PASSWORD

        def resolved(found: Resolution) -> None:
            case.identify(found)
            case.reject(reason, (Step(question, Answer.NO, decided=True),))

        name = fold(request.user_name)
        if name is None:
            resolved(Unknown())
            return
        try:
            self._parts.people.resolve(name, guarded(case, resolved))
        except StoreAway:
            done(Denied(reason=reason))

    def _case(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Case | None:
        application = self._parts.configuration.value.applications.get(request.application)
        return None if application is None else Case(self._parts, request, application, done)


def _throttle_key(ticket: Ticket, request: VerificationRequest) -> ThrottleKey:
    return ticket.user or ticket.name, request.source or request.client


def _wrong_key(ticket: Ticket, request: VerificationRequest) -> WrongKey:
    return _throttle_key(ticket, request), ticket.epoch, request.application, request.proofs[0]


class _Nothing:
    """A request that was answered before it could wait."""

    def cancel(self) -> None:
        """There is nothing to cancel."""
