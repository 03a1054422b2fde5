"""
The second step, decided at the portal: `ports.login.Verifier` for whoever is far from it.

What the portal cannot be asked is denied, `portal-away`, or decided by whoever decides alone; what it cannot
understand, or answers in a way that is not understood here, is denied.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from watchword.domain.users import UserId
from watchword.domain.verification import Denied, Outcome, PrimaryResult, PrimaryVerdict, Reason, VerificationRequest
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.ports.login import Ticket, Waiting
from watchword.ports.messages import outcome_of, primary_message, request_message
from watchword.upstream.portal.requests import Reply, Requests
from watchword.wire.channel.messages import Answer, Asked, Decide, Decided, Gate, Gated, Refuse

LATE_SECONDS: Final = 1
"""
Seconds after a login's deadline for which its outcome is waited for: the portal denies what is late itself, and writes
down that it did.
"""

Told = Callable[[VerificationRequest], None]


class DecidesAlone(Protocol):
    """Decides logins while no portal answers: `upstream.portal.alone.Alone`. Its tickets have no number."""

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Find the user, refuse whom no password helps, and reserve an attempt."""

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> None:
        """Decide a login whose password has been checked, and settle the attempt."""

    def settle(self, ticket: Ticket, verdict: PrimaryVerdict, request: VerificationRequest) -> None:
        """Settle the attempt of a login that is not decided here after all."""


class FarVerifier:
    """Asks the portal."""

    def __init__(self, requests: Requests, *, clock: Clock, away: Told, alone: DecidesAlone | None = None) -> None:
        """
        Make it.

        Args:
            requests: how the portal is asked.
            clock: time.
            away: told of every request that is denied because the portal is away.
            alone: decides logins while the portal is away, None where nobody does.
        """
        self._alone = alone
        self._requests = requests
        self._clock = clock
        self._away = away

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Let the portal find the user and reserve an attempt."""
        number = self._requests.number()

        def told(reply: Reply | None) -> None:
            if isinstance(reply, Gated):
                user = None if reply.user is None else UserId(reply.user)
                done(Ticket(name=reply.name, user=user, epoch=reply.epoch, reserved=True, trace=(), number=number))
            elif reply is None and self._alone is not None and self._requests.is_away:
                # The first half only looks and reserves: what the portal may have begun of it changes nothing.
                self._alone.gate(request, done)
            else:
                done(self._outcome(request, reply))

        def make(left: int) -> Asked:
            return Gate(id=number, request=request_message(request, monotonic=request.deadline - left))

        self._requests.ask(number, make, told, deadline=request.deadline, anew=True)

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        """Let the portal decide a login whose password has been checked here."""
        if ticket.number == 0:
            return self._decide_alone(ticket, primary, request, done)
        message = Decide(id=ticket.number, primary=primary_message(primary))

        def told(reply: Reply | None) -> None:
            done(self._outcome(request, reply))

        self._requests.ask(ticket.number, lambda _left: message, told, deadline=_late(request), anew=False)
        return _Asked(self._requests, ticket.number)

    def _decide_alone(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        inner = _Inner()
        if self._alone is None:
            done(Denied(reason=Reason.ERROR))
        elif self._requests.is_away:
            self._alone.decide(ticket, primary, request, done)
        else:
            # The portal is back, so the login is the portal's: both halves, with the password that was checked.
            def gated(again: Ticket | Outcome) -> None:
                if not isinstance(again, Ticket):
                    done(again)
                else:
                    inner.waiting = self.decide(again, primary, request, done)

            self._alone.settle(ticket, primary.verdict, request)
            self.gate(request, gated)
        return inner

    def answer(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Waiting:
        """Let the portal decide the answer to a challenge."""
        number = self._requests.number()
        self._ask(number, request, partial(Answer, id=number), done)
        return _Asked(self._requests, number)

    def refuse(self, request: VerificationRequest, reason: Reason, done: Callable[[Outcome], None]) -> None:
        """Let the portal write down a refusal."""
        number = self._requests.number()
        self._ask(number, request, partial(Refuse, id=number, reason=reason.value), done)

    def _ask(
        self, number: int, request: VerificationRequest, make: Callable[..., Asked], done: Callable[[Outcome], None]
    ) -> None:
        def message(left: int) -> Asked:
            # What is left was counted to when the portal must have answered, a little after the application gave up.
            monotonic = _late(request) - left
            return make(request=request_message(request, monotonic=monotonic))

        def told(reply: Reply | None) -> None:
            done(self._outcome(request, reply))

        self._requests.ask(number, message, told, deadline=_late(request), anew=True)

    def _outcome(self, request: VerificationRequest, reply: Reply | None) -> Outcome:
        if reply is None:
            self._away(request)
            return Denied(reason=Reason.PORTAL_AWAY)
        return outcome_of(reply.outcome) if isinstance(reply, Decided) else Denied(reason=Reason.ERROR)


class _Asked:
    """A request that the portal decides."""

    __slots__ = ("_number", "_requests")

    def __init__(self, requests: Requests, number: int) -> None:
        self._requests = requests
        self._number = number

    def cancel(self) -> None:
        """Answer it no more."""
        self._requests.cancel(self._number)


class _Inner:
    """A request that is decided here, or asked of the portal later."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: Waiting | None = None

    def cancel(self) -> None:
        """Answer it no more; what is decided here is written down all the same."""
        if self.waiting is not None:
            self.waiting.cancel()


def _late(request: VerificationRequest) -> int:
    return request.deadline + LATE_SECONDS * NANOSECONDS
