"""
The verification service: the `Verifier` of this process.

`gate` and `decide` are the two halves of a login's second step, `answer` takes the answer to a challenge, `refuse`
writes down what needed no decision.
"""

from collections.abc import Callable

from watchword.app.throttles import RecentlyWrong
from watchword.app.verify.answering import Answering
from watchword.app.verify.deciding import Deciding
from watchword.app.verify.gating import Gating, settle
from watchword.app.verify.parts import Parts
from watchword.app.verify.refusing import Refusing
from watchword.app.verify.releases import Releases
from watchword.domain.verification import Denied, Outcome, PrimaryResult, Reason, VerificationRequest
from watchword.ports.login import Ticket, Waiting


class VerificationService:
    """Decides every login of this process."""

    def __init__(self, parts: Parts, releases: Releases) -> None:
        self._parts = parts
        self._releases = releases
        self._wrong = RecentlyWrong(clock=parts.clock)

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Refuse whom no password helps; otherwise reserve an attempt."""
        application = self._parts.configuration.value.applications.get(request.application)
        if application is None:
            done(Denied(reason=Reason.ERROR))
            return
        case = Gating(self._parts, self._releases, request, application, done, self._wrong)
        case.resolve(request.user_name)

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        """Decide a login whose password has been checked."""
        if ticket.reserved:
            settle(self._parts, self._wrong, ticket, request, primary)
        application = self._parts.configuration.value.applications.get(request.application)
        if application is None:
            done(Denied(reason=Reason.ERROR))
            return _Nothing()
        case = Deciding(self._parts, self._releases, request, application, done)
        case.decide(ticket, primary)
        return case

    def answer(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Waiting:
        """Decide the answer to a challenge."""
        application = self._parts.configuration.value.applications.get(request.application)
        if application is None:
            done(Denied(reason=Reason.ERROR))
            return _Nothing()
        case = Answering(self._parts, self._releases, request, application, done)
        case.find(request.state or b"")
        return case

    def refuse(self, request: VerificationRequest, reason: Reason, done: Callable[[Outcome], None]) -> None:
        """Write down a refusal that needed no decision."""
        application = self._parts.configuration.value.applications.get(request.application)
        if application is None:
            done(Denied(reason=Reason.ERROR))
            return
        Refusing(self._parts, self._releases, request, application, done).refuse(reason)


class _Nothing:
    """A request that was answered before it could wait."""

    def cancel(self) -> None:
        """There is nothing to cancel."""
