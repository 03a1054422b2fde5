"""
The gate before the password: whom it would not help is refused, and for everybody else an attempt is reserved.
"""

from collections.abc import Callable

from watchword.app.throttles import FoundWrong, RecentlyWrong, ThrottleKey, WrongKey
from watchword.app.verify.case import Case
from watchword.app.verify.parts import Parts, guarded
from watchword.app.verify.releases import Releases
from watchword.domain import policy
from watchword.domain.applications import Application, PrimaryKind
from watchword.domain.decisions import Admitted, Deny
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import Resolution, fold
from watchword.domain.verification import Outcome, PrimaryResult, PrimaryVerdict, Reason, VerificationRequest
from watchword.ports.login import Ticket

_WRONG = {
    PrimaryVerdict.REJECTED: Reason.WRONG_PASSWORD,
    PrimaryVerdict.UNKNOWN: Reason.WRONG_PASSWORD,
    PrimaryVerdict.REFUSED: Reason.ACCOUNT_REFUSED,
}
"""Verdicts that the same password would only meet again, at the price of another strike at the directory."""

_NOBODY = Step(Question.USER, Answer.UNKNOWN, decided=True, detail="it can be nobody's name")


class Gating(Case):
    """Asks what needs no password."""

    _name = ""

    def __init__(
        self,
        parts: Parts,
        releases: Releases,
        request: VerificationRequest,
        application: Application,
        done: Callable[[Ticket | Outcome], None],
        wrong: RecentlyWrong,
    ) -> None:
        super().__init__(parts, releases, request, application, done)
        self._admit = done
        self._wrong = wrong

    @guarded
    def resolve(self, typed: str) -> None:
        """Find the user whose name was typed, and admit him or not."""
        name = fold(typed)
        if name is None:
            # A directory may take it for somebody's all the same: many of them overlook blanks and what has no width.
            self.reject(Reason.UNKNOWN_USER, (_NOBODY,))
            return
        self._name = name
        self.parts.people.resolve(name, self._resolved)

    @guarded
    def _resolved(self, resolution: Resolution) -> None:
        self.identify(resolution)
        if self.application.primary is PrimaryKind.ASSERTED:
            # No password will be checked that a refusal could keep from being tried, and `decide` asks all of this.
            self._admit(self._ticket(policy.ADMITTED, reserved=False))
            return
        admitted = self._ask()
        if isinstance(admitted, Deny):
            self.reject(admitted.reason, admitted.trace)
        else:
            self._reserve(self._ticket(admitted, reserved=True))

    def _ask(self, *, throttled: bool = False, just_refused: Reason | None = None) -> Admitted | Deny:
        now = self.parts.clock.now()
        return policy.gate(self.application, self.resolution, now=now, throttled=throttled, just_refused=just_refused)

    def _ticket(self, admitted: Admitted, *, reserved: bool) -> Ticket:
        user = None if self.person is None else self.person.user.id
        return Ticket(self._name, user, self.epoch, reserved, admitted.trace)

    def _reserve(self, ticket: Ticket) -> None:
        """Reserve an attempt with the password, unless it was wrong just now or must wait."""
        parts, request = self.parts, self.request
        limits = parts.configuration.value.settings.throttle
        found = self._wrong.found(_wrong_key(ticket, request))
        if found is not None:
            self.detail = found.detail
            denied = self._ask(just_refused=found.reason)
        elif parts.throttles.admit(_throttle_key(ticket, request), request.proofs[0], limits):
            self._admit(ticket)
            return
        else:
            denied = self._ask(throttled=True)
        self.reject(denied.reason if isinstance(denied, Deny) else Reason.ERROR, denied.trace)


def settle(
    parts: Parts, wrong: RecentlyWrong, ticket: Ticket, request: VerificationRequest, primary: PrimaryResult
) -> None:
    """Hear what came of the attempt that was reserved with `ticket`."""
    limits = parts.configuration.value.settings.throttle
    parts.throttles.settle(_throttle_key(ticket, request), request.proofs[0], primary.verdict, limits)
    if primary.verdict in _WRONG:
        wrong.remember(_wrong_key(ticket, request), FoundWrong(_WRONG[primary.verdict], primary.detail))


def _throttle_key(ticket: Ticket, request: VerificationRequest) -> ThrottleKey:
    return ticket.user or ticket.name, request.source or request.client


def _wrong_key(ticket: Ticket, request: VerificationRequest) -> WrongKey:
    return _throttle_key(ticket, request), ticket.epoch, request.application, request.proofs[0]
